'use strict';

const { json } = require('../peers/http-server.js');

const KINDS = ['json', 'text', 'blob', 'arrayBuffer', 'stream', 'bytes', 'formData', 'nonsense', undefined];
const BODIES = [
  ['JSON', '{"a":"é"}', 'application/json'],
  ['text', 'just words é', 'text/plain; charset=utf-8'],
  ['a form', 'a=1&b=%C3%A9', 'application/x-www-form-urlencoded'],
];

module.exports = [
  ...BODIES.flatMap(([what, body, type]) =>
    KINDS.flatMap((parseAs) => [
      {
        name: `${what} as ${parseAs}`,
        call: (client) => client.GET('/v1/environment', { parseAs }),
        answer: (_request, response) => {
          response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
          response.end(body);
        },
      },
      {
        name: `${what}, chunked, as ${parseAs}`,
        call: (client) => client.GET('/v1/environment', { parseAs }),
        answer: (_request, response) => {
          response.writeHead(200, { 'content-type': type });
          response.write(body.slice(0, 3));
          response.end(body.slice(3));
        },
      },
    ]),
  ),
  ...['text', 'blob', 'arrayBuffer', 'stream'].map((parseAs) => ({
    name: `nothing, chunked, as ${parseAs}`,
    call: (client) => client.GET('/v1/environment', { parseAs }),
    answer: (_request, response) => {
      response.writeHead(200);
      response.flushHeaders();
      response.end();
    },
  })),
  {
    name: 'bytes of all values as arrayBuffer',
    call: (client) => client.GET('/v1/environment', { parseAs: 'arrayBuffer' }),
    answer: (_request, response) => response.end(Buffer.from(Array.from({ length: 256 }, (_, i) => i))),
  },
  {
    name: 'HEAD as text',
    call: (client) => client.HEAD('/v1/environment', { parseAs: 'text' }),
    answer: (_request, response) => json(response, { a: 1 }),
  },
];
