'use strict';

const { mirrorEnvironment } = require('../../live');

/** Times short enough for tests. */
const QUICK = {
  token: 'token',
  resyncMs: 3_600_000,
  minIntervalMs: 5,
  pollMs: 3_600_000,
  reconnectBaseDelayMs: 5,
  reconnectMaxDelayMs: 20,
};

/**
 * A mirror that is closed after the test, with the events that it emitted.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {{ socketPath: string | undefined }} platform
 * @param {import('../../live').MirrorOptions<any>} [options]
 */
async function mirrored(scope, { socketPath }, options = {}) {
  const mirror = await mirrorEnvironment({ socketPath, ...QUICK, ...options });
  scope.after(() => mirror.close());
  /** @type {import('../../live').MirrorChange[]} */
  const changes = [];
  /** @type {any[]} */
  const errors = [];
  mirror.on('change', (change) => changes.push(/** @type {any} */ (change)));
  mirror.on('error', (error) => errors.push(error));
  return { mirror, changes, errors };
}

module.exports = { mirrored, QUICK };
