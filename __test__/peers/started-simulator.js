'use strict';

const { startSimulator } = require('../../testing');

/**
 * Starts a simulator that is closed after the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('../../testing').SimulatorOptions} [options]
 */
async function startedSimulator(t, options) {
  const simulator = await startSimulator(options);
  t.after(() => simulator.close());
  return simulator;
}

module.exports = { startedSimulator };
