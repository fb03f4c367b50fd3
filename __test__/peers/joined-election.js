'use strict';

const { joinElection } = require('../../live');

/**
 * An election that is over after the test, and what it emitted.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ socketPath: string }} platform
 * @param {import('../../live').ElectionOptions} [options]
 */
async function joined(t, { socketPath }, options = {}) {
  const token = options.instanceId ?? 'one';
  const election = await joinElection({ socketPath, token, instanceId: token, ...options });
  t.after(() => election.close());
  /** @type {any[][]} */
  const events = [];
  for (const event of /** @type {const} */ (['elected', 'lost', 'error'])) {
    election.on(event, (value) => events.push([event, value]));
  }
  const named = (name) => events.filter(([event]) => event === name).map(([, value]) => value);
  return { election, events, named };
}

module.exports = { joined };
