'use strict';

const http = require('node:http');

/**
 * Sends a request with node:http and reads the answer whole.
 *
 * @param {import('../../testing').Simulator} simulator
 * @param {string} target
 * @param {http.RequestOptions & { body?: unknown, token?: string | null }} [options] `body` is sent as JSON unless it is a string
 * @returns {Promise<{ status: number | undefined, headers: http.IncomingHttpHeaders, text: string, json: any }>}
 */
function request(simulator, target, { body, token = simulator.token, headers, ...options } = {}) {
  const own = token === null ? {} : { 'x-cycle-token': token };
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      ...(simulator.port === undefined ? { socketPath: simulator.socketPath } : { port: simulator.port }),
      path: target,
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      headers: { ...own, ...type, ...headers },
      timeout: 10_000,
      ...options,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 seconds')));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks = /** @type {Buffer[]} */ ([]);
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: response.statusCode, headers: response.headers, text, json });
      });
    });
    outgoing.end(sent);
  });
}

module.exports = { request };
