'use strict';

const { once } = require('node:events');
const net = require('node:net');
const { temporarySocketPath } = require('./temporary-folder.js');

/**
 * Binds a server to a Unix socket, in a folder of its own unless told otherwise. It is closed after the test.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {import('node:net').Server} server
 * @param {string} [socketPath]
 * @returns {Promise<{ socketPath: string, sockets: Set<import('node:net').Socket>, accepted: () => number, close: () => Promise<void> }>}
 */
async function listen(scope, server, socketPath = temporarySocketPath(scope)) {
  const sockets = new Set();
  let accepted = 0;
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(socketPath);
  await once(server, 'listening');

  let closing;
  const close = () => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
    return closing;
  };
  scope.after(close);
  return { socketPath, sockets, accepted: () => accepted, close };
}

/**
 * Whether a server of another process accepts connections. Its socket is there before that: it is bound first.
 *
 * @param {string} socketPath
 * @returns {Promise<boolean>}
 */
function accepts(socketPath) {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

module.exports = { accepts, listen };
