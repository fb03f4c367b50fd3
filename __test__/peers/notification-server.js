'use strict';

const { createHash } = require('node:crypto');
const http = require('node:http');
const net = require('node:net');
const { WebSocketServer } = require('ws');
const { listen } = require('./listener.js');
const { until } = require('./until.js');

/**
 * @typedef {{ after: (hook: () => unknown) => void }} Scope
 */

/**
 * A server of the `ws` package on a Unix socket.
 *
 * @param {Scope} scope
 * @param {(peer: import('ws').WebSocket, request: http.IncomingMessage) => void} onConnection
 * @param {string} [socketPath]
 */
async function wsServer(scope, onConnection, socketPath) {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server, path: '/v1/notifications' });
  sockets.on('connection', (peer, request) => {
    peer.on('error', () => {});
    onConnection(peer, request);
  });
  const listening = await listen(scope, server, socketPath);
  return { ...listening, clients: sockets.clients };
}

/**
 * A server of plain HTTP that answers every request.
 *
 * @param {Scope} scope
 * @param {http.RequestListener} onRequest
 */
async function httpServer(scope, onRequest) {
  const server = http.createServer(onRequest);
  server.on('upgrade', (request, socket) => {
    const response = new http.ServerResponse(request);
    response.assignSocket(/** @type {net.Socket} */ (socket));
    response.on('finish', () => socket.end());
    onRequest(request, response);
  });
  return listen(scope, server);
}

/**
 * A connection to a bare server after the head of the handshake was read.
 *
 * @typedef {object} Handshake
 * @property {net.Socket} socket
 * @property {string} head the request as it came
 * @property {(lines?: string[]) => void} accept answers as RFC 6455 says, with further header lines
 * @property {string} acceptKey
 * @property {Promise<number | undefined>} closeCode of the client's close frame; undefined when it left without one
 * @property {Promise<void>} gone resolves when the connection has ended
 */

/**
 * A server that leaves everything to the test, byte by byte.
 *
 * @param {Scope} scope
 * @param {(handshake: Handshake) => void} onHandshake
 * @param {string} [socketPath]
 */
async function bareServer(scope, onHandshake, socketPath) {
  const server = net.createServer((socket) => {
    let input = Buffer.alloc(0);
    let shaken = false;
    /** @type {(code: number | undefined) => void} */
    let setCloseCode = () => {};
    const closeCode = new Promise((resolve) => {
      setCloseCode = resolve;
    });
    const gone = new Promise((resolve) => {
      socket.on('close', () => {
        setCloseCode(undefined);
        resolve(undefined);
      });
    });
    socket.on('data', (chunk) => {
      input = Buffer.concat([input, chunk]);
      const end = input.indexOf('\r\n\r\n');
      if (!shaken && end !== -1) {
        shaken = true;
        const head = input.subarray(0, end).toString('latin1');
        input = input.subarray(end + 4);
        const key = /sec-websocket-key: (.*)/i.exec(head)?.[1].trim() ?? '';
        const acceptKey = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        const accept = (/** @type {string[]} */ lines = []) => {
          socket.write(
            [
              'HTTP/1.1 101 Switching Protocols',
              'Upgrade: websocket',
              'Connection: Upgrade',
              `Sec-WebSocket-Accept: ${acceptKey}`,
            ]
              .concat(lines, '', '')
              .join('\r\n'),
          );
        };
        onHandshake({ socket, head, accept, acceptKey, closeCode, gone: /** @type {Promise<void>} */ (gone) });
      }
      if (shaken) {
        input = readFrames(input, (opcode, payload) => {
          if (opcode === 8) {
            setCloseCode(payload.length >= 2 ? payload.readUInt16BE(0) : 1005);
          }
          socket.emit('frame', opcode, payload);
        });
      }
    });
  });
  return listen(scope, server, socketPath);
}

/**
 * Takes the short masked frames of a client off a buffer.
 *
 * @param {Buffer} input
 * @param {(opcode: number, payload: Buffer) => void} onFrame
 */
function readFrames(input, onFrame) {
  let rest = input;
  while (rest.length >= 6) {
    const length = rest[1] & 0x7f;
    if ((rest[1] & 0x80) === 0 || length > 125) {
      throw new Error('a client must mask, and this one sends control frames only');
    }
    if (rest.length < 6 + length) {
      break;
    }
    const mask = rest.subarray(2, 6);
    const payload = Buffer.from(rest.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4]));
    onFrame(rest[0] & 0x0f, payload);
    rest = rest.subarray(6 + length);
  }
  return rest;
}

/**
 * A frame as a server sends it, unmasked.
 *
 * @param {number} first its first byte: final bit, reserved bits, opcode
 * @param {string | Uint8Array} content
 */
function frame(first, content = '') {
  const payload = Buffer.from(content);
  const head = Buffer.alloc(10);
  head[0] = first;
  if (payload.length < 126) {
    head[1] = payload.length;
    return Buffer.concat([head.subarray(0, 2), payload]);
  }
  if (payload.length < 65536) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
    return Buffer.concat([head.subarray(0, 4), payload]);
  }
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/**
 * A close frame.
 *
 * @param {number} code
 * @param {string | Uint8Array} reason
 */
function closeFrame(code, reason = '') {
  return frame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
}

const EVENTS = /** @type {const} */ (['open', 'raw', 'notification', 'error', 'close', 'reconnecting']);

/**
 * Keeps every event of a notification socket, and closes it after the test.
 *
 * @param {Scope} scope
 * @param {any} socket
 * @param {readonly string[]} [names]
 */
function record(scope, socket, names = EVENTS) {
  /** @type {any[][]} */
  const events = [];
  for (const name of names) {
    socket.on(name, (/** @type {any[]} */ ...details) => events.push([name, ...details]));
  }
  scope.after(() => socket.close());
  return {
    events,
    /** The names alone. */
    names: () => events.map(([name]) => name),
    /** @param {string} name */
    of: (name) => events.filter(([one]) => one === name).map(([, ...details]) => details),
    /**
     * Resolves once an event has come so many times, with the details of the last.
     *
     * @param {string} name
     * @param {number} [times]
     * @returns {Promise<any[]>}
     */
    async until(name, times = 1) {
      const seen = () => events.filter(([one]) => one === name);
      await until(
        () => seen().length >= times,
        () => `${name}, ${times} times; there were ${JSON.stringify(events.slice(-20))}`,
      );
      return seen()[times - 1].slice(1);
    },
  };
}

module.exports = {
  bareServer,
  closeFrame,
  frame,
  httpServer,
  record,
  wsServer,
};
