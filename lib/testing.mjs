// The exports of the package's `./testing`.

export { startSimulator } from './simulator/start.mjs';
