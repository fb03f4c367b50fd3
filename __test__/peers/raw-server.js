'use strict';

const net = require('node:net');
const { listen } = require('./listener.js');

/**
 * A bare socket server: `onRequest` gets the socket and the text of each request head. Bodies are the business of the test.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {(socket: net.Socket, head: string, index: number) => unknown} onRequest index counts heads over all connections
 */
async function rawServer(scope, onRequest) {
  let heads = 0;
  const server = net.createServer((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        onRequest(socket, head, heads++);
      }
    });
  });
  return { server, ...(await listen(scope, server)), heads: () => heads };
}

/**
 * The bytes of a whole 200 answer with a JSON body and its length.
 *
 * @param {unknown} value
 * @param {string} [headers] extra header lines, each ending in CRLF
 */
function wholeAnswer(value, headers = '') {
  const body = JSON.stringify(value);
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

module.exports = { rawServer, wholeAnswer };
