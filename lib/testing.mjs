// What `./testing` of the package is made of.

export { startSimulator } from './simulator/simulator.mjs';
