const { json } = require('../peers/http-server.js');

const get = (client) => client.GET('/v1/environment');
const LENGTH = 'content-type: application/json\r\ncontent-length: 2\r\n';

/** Answers with a head as written here. */
const head = (statusLine, fields) => (_request, response) => {
  response.socket.write(Buffer.from(`${statusLine}\r\n${LENGTH}${fields}\r\n{}`, 'latin1'));
};

module.exports = [
  { name: 'a phrase of its own', call: get, answer: head('HTTP/1.1 200 All Good', '') },
  { name: 'no phrase', call: get, answer: head('HTTP/1.1 200 ', '') },
  { name: 'no phrase and no blank', call: get, answer: head('HTTP/1.1 200', '') },
  {
    name: 'Set-Cookie twice',
    call: get,
    answer: head('HTTP/1.1 200 OK', 'Set-Cookie: a=1; Path=/\r\nset-cookie: b=2, c\r\n'),
  },
  { name: 'a repeated field', call: get, answer: head('HTTP/1.1 200 OK', 'X-Own: a\r\nx-own: b, c\r\n') },
  { name: 'letters of latin1', call: get, answer: head('HTTP/1.1 200 OK', 'X-Own: größe\r\n') },
  { name: 'an empty value', call: get, answer: head('HTTP/1.1 200 OK', 'X-Own:\r\n') },
  { name: 'blanks before a value', call: get, answer: head('HTTP/1.1 200 OK', 'X-Own:  \t a  b\r\n') },
  { name: 'a tab in a value', call: get, answer: head('HTTP/1.1 200 OK', 'X-Own: a\tb\r\n') },
  { name: 'odd characters in a name', call: get, answer: head('HTTP/1.1 200 OK', "X!#$%&'*+-.^_`|~9: a\r\n") },
  { name: 'a long value', call: get, answer: head('HTTP/1.1 200 OK', `X-Own: ${'v'.repeat(9000)}\r\n`) },
  {
    name: 'a hundred fields',
    call: get,
    answer: head('HTTP/1.1 200 OK', Array.from({ length: 95 }, (_, i) => `x-${i}: ${i}\r\n`).join('')),
  },
  {
    name: 'three hundred fields',
    call: get,
    answer: head('HTTP/1.1 200 OK', Array.from({ length: 300 }, (_, i) => `x-${i}: ${i}\r\n`).join('')),
  },
  {
    name: 'the body reads again from a clone',
    call: (client) => client.GET('/v1/environment', { parseAs: 'stream' }),
    answer: (_request, response) => json(response, { a: 1 }),
    after: async ({ response }) => {
      const error = await Promise.resolve()
        .then(() => response.clone().text())
        .catch((thrown) => thrown.name);
      return error;
    },
  },
  ...['text', 'json', 'blob', 'arrayBuffer'].map((reader) => ({
    name: `the body was read: ${reader}() rejects`,
    call: get,
    answer: (_request, response) => json(response, { a: 1 }),
    after: async ({ response }) => [
      response.bodyUsed,
      await response[reader]().catch((thrown) => thrown instanceof TypeError && 'TypeError'),
    ],
  })),
  {
    name: 'clone() after the body was read throws',
    call: get,
    after: ({ response }) => {
      try {
        return response.clone().status;
      } catch (thrown) {
        return thrown instanceof TypeError && 'TypeError';
      }
    },
  },
  {
    name: 'headers are immutable',
    call: get,
    after: ({ response }) => {
      try {
        response.headers.set('a', 'b');
        return response.headers.get('a');
      } catch (thrown) {
        return thrown instanceof TypeError && 'TypeError';
      }
    },
  },
  {
    name: 'headers: the ways to read them',
    call: get,
    after: ({ response: { headers } }) => [
      headers instanceof Headers,
      headers.get('CONTENT-type'),
      headers.has('nothing'),
      [...headers.keys()].includes('content-type'),
      Object.prototype.toString.call(headers),
    ],
  },
  {
    name: 'status and body cannot be assigned',
    call: get,
    after: ({ response }) => {
      try {
        ('use strict');
        response.status = 7;
      } catch {}
      return [
        response.status,
        Object.prototype.toString.call(response),
        'status' in response,
        Object.keys(response).length,
      ];
    },
  },
  {
    name: 'a 204 reads as nothing',
    call: get,
    answer: (_request, response) => response.writeHead(204).end(),
    after: async ({ response }) => [response.body, await response.text(), response.bodyUsed],
  },
  {
    name: 'an empty answer reads as nothing',
    call: get,
    answer: (_request, response) => response.writeHead(200, { 'content-length': 0 }).end(),
    after: async ({ response }) => [response.bodyUsed, await response.text(), response.bodyUsed],
  },
  {
    name: 'an answer without length that ends with the connection',
    call: get,
    answer: (_request, response) => response.socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"a":1}'),
  },
  {
    name: 'HTTP/1.0',
    call: get,
    answer: (_request, response) => response.socket.end('HTTP/1.0 200 OK\r\n\r\n{"a":1}'),
  },
  {
    name: 'chunks with extensions and trailers',
    call: get,
    answer: (_request, response) =>
      response.socket.write(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\n{"a\r\n4\r\n":1}\r\n0\r\nx-trailer: t\r\n\r\n',
      ),
  },
];
