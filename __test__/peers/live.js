'use strict';

const http = require('node:http');
const { WebSocketServer } = require('ws');
const { json } = require('./http-server.js');
const { listen } = require('./listener.js');

/**
 * Options that every live part refuses, each with the code.
 *
 * @returns {[options: any, code: string][]}
 */
function wrongAccess() {
  return [
    [null, 'ERR_INVALID_ARG_VALUE'],
    ['text', 'ERR_INVALID_ARG_VALUE'],
    [{ client: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ socketPath: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ socketPath: '' }, 'ERR_INVALID_ARG_TYPE'],
    [{ token: '' }, 'ERR_INVALID_ARG_TYPE'],
    [{ token: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ nonsense: 1 }, 'ERR_INVALID_ARG_VALUE'],
  ];
}

/**
 * A platform on node:http and ws, which answers every call as told and sends notifications.
 *
 * `answer` may be replaced at any time: it gives `{ data }`, `{ status, error }`, `{ text }` for a body that is no JSON, or
 * `'drop'` to close the connection.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {() => any} answer
 * @param {string} [socketPath]
 */
async function livePlatform(scope, answer, socketPath) {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    platform.calls.push({ url: request.url, token: request.headers['x-cycle-token'] });
    platform.inFlight += 1;
    platform.mostInFlight = Math.max(platform.mostInFlight, platform.inFlight);
    const given = await platform.answer();
    platform.inFlight -= 1;
    if (given === 'drop') {
      request.socket.destroy();
    } else if (given.text !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(given.text);
    } else {
      json(response, { data: given.data ?? null, error: given.error }, given.status);
    }
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    platform.handshakes += 1;
    if (platform.refusal) {
      socket.end(`HTTP/1.1 ${platform.refusal} No\r\ncontent-length: 0\r\n\r\n`);
    } else {
      sockets.handleUpgrade(request, socket, head, (peer) => peer.on('error', () => {}));
    }
  });
  const platform = {
    socketPath: '',
    answer,
    /** @type {{ url: string | undefined, token: unknown }[]} */
    calls: [],
    inFlight: 0,
    mostInFlight: 0,
    handshakes: 0,
    /** Status with which handshakes are refused. @type {number | undefined} */
    refusal: undefined,
    /** How many notification sockets are open. */
    get connections() {
      return sockets.clients.size;
    },
    /** @param {string} topic */
    notify(topic) {
      const message = JSON.stringify({ topic, object: { id: 'id' }, context: {} });
      for (const peer of sockets.clients) peer.send(message);
    },
    /** Closes all notification sockets. */
    disconnect() {
      for (const peer of sockets.clients) peer.terminate();
    },
    /** Ends the server and all its connections. */
    close: async () => {},
  };
  const listening = await listen(scope, server, socketPath);
  platform.socketPath = listening.socketPath;
  platform.close = listening.close;
  return platform;
}

module.exports = { livePlatform, wrongAccess };
