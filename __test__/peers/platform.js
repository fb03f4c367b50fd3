'use strict';

const { recordingServer } = require('./http-server.js');

/**
 * A node:http server that answers as told, and the variables by which the command line finds it.
 *
 * @param {Parameters<typeof recordingServer>[0]} scope
 * @param {Parameters<typeof recordingServer>[1]} answer
 */
async function platform(scope, answer) {
  const peer = await recordingServer(scope, answer);
  return { ...peer, env: { CYCLE_API_SOCKET: peer.socketPath, CYCLE_API_TOKEN: 'token' } };
}

/**
 * The body of an error, as the platform sends it.
 *
 * @param {string} code begins with the status
 * @param {string} title
 * @param {object} [more] further fields of the error
 */
function envelope(code, title, more = {}) {
  return { data: null, error: { status: Number(code.slice(0, 3)), code, title, ...more } };
}

module.exports = { envelope, platform };
