'use strict';

const { getClient } = require('../..');

/** The credential of every test; long and odd, so that it is easily found where it must not be. */
const TOKEN = 'tok-9f3a7c51-never-print-me';

/**
 * Our client for a peer, closed after the test.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {{ socketPath: string }} peer
 * @param {object} [options] further client options
 */
function client(scope, peer, options = {}) {
  const made = getClient({ socketPath: peer.socketPath, token: TOKEN, ...options });
  scope.after(() => made.close());
  return made;
}

/**
 * The error a call rejects with; fails when it resolves.
 *
 * @param {Promise<unknown>} call
 * @returns {Promise<any>}
 */
async function rejection(call) {
  let result;
  try {
    result = await call;
  } catch (error) {
    return error;
  }
  throw new Error(`resolved, though it had to reject: ${JSON.stringify(Object.keys(result))}`);
}

module.exports = { TOKEN, client, rejection };
