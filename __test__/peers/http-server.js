'use strict';

const http = require('node:http');
const { listen } = require('./listener.js');

/**
 * A node:http server on a Unix socket.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {http.RequestListener} handler
 * @param {http.ServerOptions} [options]
 */
async function httpServer(scope, handler, options = {}) {
  const server = http.createServer({ keepAliveTimeout: 60_000, ...options }, handler);
  return { server, ...(await listen(scope, server)) };
}

/**
 * Gives every byte of a request's body.
 *
 * @param {http.IncomingMessage} request
 * @returns {Promise<Buffer>}
 */
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Answers with JSON.
 *
 * @param {http.ServerResponse} response
 * @param {unknown} value
 * @param {number} [status]
 * @param {http.OutgoingHttpHeaders} [headers]
 */
function json(response, value, status = 200, headers = {}) {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, ...headers });
  response.end(body);
}

/**
 * A server that reads each request whole, keeps it in `requests`, then answers.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {(request: http.IncomingMessage & { body: Buffer }, response: http.ServerResponse, index: number) => unknown} [answer]
 *   default: 200 with `{ "data": "ok" }`
 */
async function recordingServer(scope, answer = (_request, response) => json(response, { data: 'ok' })) {
  const requests = [];
  const peer = await httpServer(scope, async (request, response) => {
    try {
      const body = await bodyOf(request);
      const index = requests.push(Object.assign(request, { body })) - 1;
      await answer(request, response, index);
    } catch {
      response.destroy();
    }
  });
  return { ...peer, requests };
}

module.exports = { httpServer, recordingServer, bodyOf, json };
