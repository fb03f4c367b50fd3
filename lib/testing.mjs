// The exports of the package's `./testing`.

export { startSimulator } from './simulator/simulator.mjs';
