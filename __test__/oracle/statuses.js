'use strict';

const { json } = require('../peers/http-server.js');

const ENVELOPE = { data: null, error: { status: 0, code: '404.container', title: 'No such container' } };
const get = (client) => client.GET('/v1/environment');

/** Answers with these bytes and that is all. */
const bytes =
  (status, body, headers = {}) =>
  (_request, response) => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
    response.end(body);
  };

/** Answers chunked: the client cannot know the length. */
const chunked =
  (status, ...parts) =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const part of parts) response.write(part);
    response.end();
  };

const ERRORS = [400, 401, 403, 404, 405, 409, 415, 418, 422, 429, 500, 502, 503, 504, 599];

module.exports = [
  ...[200, 201, 202, 203, 206, 226].map((status) => ({
    name: `${status} with JSON`,
    call: get,
    answer: (_request, response) => json(response, { data: { id: 'é' } }, status),
  })),
  ...ERRORS.map((status) => ({
    name: `${status} with the error envelope`,
    call: get,
    answer: (_request, response) => json(response, { ...ENVELOPE, error: { ...ENVELOPE.error, status } }, status),
  })),
  ...[400, 500].flatMap((status) => [
    { name: `${status} with text`, call: get, answer: bytes(status, 'plain words', { 'content-type': 'text/plain' }) },
    {
      name: `${status} with broken JSON`,
      call: get,
      answer: bytes(status, '{"error":', { 'content-type': 'application/json' }),
    },
    { name: `${status} with a JSON string`, call: get, answer: bytes(status, '"words"') },
    { name: `${status} chunked`, call: get, answer: chunked(status, '{"err', 'or":1}') },
    {
      name: `${status} and parseAs stream`,
      call: (client) => client.GET('/v1/environment', { parseAs: 'stream' }),
      answer: bytes(status, '{"a":1}'),
    },
    {
      name: `${status} and parseAs blob`,
      call: (client) => client.GET('/v1/environment', { parseAs: 'blob' }),
      answer: bytes(status, '{"a":1}'),
    },
  ]),
  ...['GET', 'POST', 'DELETE'].map((method) => ({
    name: `${method} with 204`,
    call: (client) => client[method]('/v1/environment'),
    answer: (_request, response) => response.writeHead(204).end(),
  })),
  {
    name: '204 and parseAs stream',
    call: (client) => client.GET('/v1/environment', { parseAs: 'stream' }),
    answer: (_request, response) => response.writeHead(204).end(),
  },
  { name: '205 without a body', call: get, answer: bytes(205, '') },
  ...['json', 'text', 'blob', 'arrayBuffer', 'stream'].flatMap((parseAs) => [
    {
      name: `205 with a body, parseAs ${parseAs}`,
      call: (client) => client.GET('/v1/environment', { parseAs }),
      answer: bytes(205, '{"a":1}'),
    },
    {
      name: `205 with a chunked body, parseAs ${parseAs}`,
      call: (client) => client.GET('/v1/environment', { parseAs }),
      answer: chunked(205, '{"a":1}'),
    },
  ]),
  { name: '200 with Content-Length 0', call: get, answer: bytes(200, '') },
  {
    name: '201 with Content-Length 0, POST',
    call: (client) => client.POST('/v1/object-cache', { body: {} }),
    answer: bytes(201, ''),
  },
  ...['json', 'text', 'blob', 'arrayBuffer', 'stream'].map((parseAs) => ({
    name: `200 with Content-Length 0, parseAs ${parseAs}`,
    call: (client) => client.GET('/v1/environment', { parseAs }),
    answer: bytes(200, ''),
  })),
  { name: '200, chunked and empty', call: get, answer: chunked(200) },
  { name: '200, chunked JSON', call: get, answer: chunked(200, '{"a"', ':', '[1]}') },
  {
    name: '200, chunked, letters cut in two',
    call: get,
    answer: chunked(200, Buffer.from('"\xc3', 'latin1'), Buffer.from('\xa9"', 'latin1')),
  },
  { name: '200 with null', call: get, answer: bytes(200, 'null') },
  { name: '200 with false', call: get, answer: bytes(200, 'false') },
  { name: '200 with a number and blanks', call: get, answer: bytes(200, ' \n 12 \n') },
  { name: '200 with a byte order mark', call: get, answer: bytes(200, '\ufeff{"a":1}') },
  { name: '200 with broken UTF-8', call: get, answer: bytes(200, Buffer.from([0x22, 0xff, 0x22])) },
  { name: '200 with JSON of another type', call: get, answer: bytes(200, '{"a":1}', { 'content-type': 'text/html' }) },
  { name: '200 with broken JSON', call: get, answer: bytes(200, '{"a":') },
  { name: '200, chunked broken JSON', call: get, answer: chunked(200, '{"a":') },
  { name: '200 with __proto__ as a key', call: get, answer: bytes(200, '{"__proto__":{"a":1}}') },
  {
    name: 'HEAD with a length',
    call: (client) => client.HEAD('/v1/environment'),
    answer: (_request, response) => response.writeHead(200, { 'content-length': 12 }).end(),
  },
  { name: '304 as it is', call: get, answer: (_request, response) => response.writeHead(304, { etag: '"e"' }).end() },
  { name: '300 with JSON', call: get, answer: (_request, response) => json(response, { choices: [] }, 300) },
  {
    name: '101 is not to be had without asking',
    call: get,
    answer: (_request, response) =>
      response.socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  },
  {
    name: '103 before 200',
    call: get,
    answer: (_request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      json(response, { data: 1 });
    },
  },
];
