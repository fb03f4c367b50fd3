'use strict';

const zlib = require('node:zlib');

const PLAIN = Buffer.from(JSON.stringify({ data: 'é'.repeat(3000) }));
const get = (client) => client.GET('/v1/environment');

const answer =
  (encoding, body, { status = 200, length = true } = {}) =>
  (_request, response) => {
    response.writeHead(status, { 'content-encoding': encoding, ...(length && { 'content-length': body.length }) });
    response.end(body);
  };

const { gzipSync: gzip, deflateSync: deflate, deflateRawSync: deflateRaw, brotliCompressSync: br } = zlib;

const BODIES = [
  ['gzip', gzip(PLAIN)],
  ['x-gzip', gzip(PLAIN)],
  ['GZip', gzip(PLAIN)],
  ['deflate', deflate(PLAIN)],
  ['br', br(PLAIN)],
  ['gzip, br', br(gzip(PLAIN))],
  ['br,gzip', gzip(br(PLAIN))],
  ['deflate , gzip', gzip(deflate(PLAIN))],
  ['gzip, gzip, gzip', gzip(gzip(gzip(PLAIN)))],
  ['gzip, deflate, br, gzip, deflate', deflate(gzip(br(deflate(gzip(PLAIN)))))],
];

module.exports = [
  ...BODIES.map(([encoding, body]) => ({ name: encoding, call: get, answer: answer(encoding, body) })),
  {
    name: 'six codings',
    call: get,
    answer: answer('gzip, gzip, gzip, gzip, gzip, gzip', gzip(gzip(gzip(gzip(gzip(gzip(PLAIN))))))),
  },
  { name: 'six codings, one unknown', call: get, answer: answer('gzip, rot13, gzip, gzip, gzip, gzip', PLAIN) },
  ...['json', 'text', 'blob', 'arrayBuffer', 'stream'].map((parseAs) => ({
    name: `an unknown encoding, parseAs ${parseAs}`,
    call: (client) => client.GET('/v1/environment', { parseAs }),
    answer: answer('zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4])),
  })),
  { name: 'gzip of nothing', call: get, answer: answer('gzip', gzip('')) },
  { name: 'gzip of nothing, chunked', call: get, answer: answer('gzip', gzip(''), { length: false }) },
  { name: 'deflate without its header', call: get, answer: answer('deflate', deflateRaw(PLAIN)) },
  { name: 'gzip, chunked', call: get, answer: answer('gzip', gzip(PLAIN), { length: false }) },
  { name: 'deflate, chunked', call: get, answer: answer('deflate', deflate(PLAIN), { length: false }) },
  { name: 'br, chunked', call: get, answer: answer('br', br(PLAIN), { length: false }) },
  {
    name: 'gzip of two members',
    call: get,
    answer: answer('gzip', Buffer.concat([gzip(PLAIN.subarray(0, 50)), gzip(PLAIN.subarray(50))])),
  },
  { name: 'identity is unknown and left alone', call: get, answer: answer('identity', PLAIN) },
  { name: 'an unknown encoding is left alone', call: get, answer: answer('rot13', PLAIN) },
  {
    name: 'gzip after an unknown one is left alone',
    call: (client) => client.GET('/v1/environment', { parseAs: 'arrayBuffer' }),
    answer: answer('rot13, gzip', gzip(PLAIN)),
  },
  { name: 'an empty field', call: get, answer: answer('', PLAIN) },
  { name: 'gzip that is not', call: get, answer: answer('gzip', PLAIN) },
  { name: 'br that is not', call: get, answer: answer('br', Buffer.alloc(200, 0xff)) },
  { name: 'deflate that is not', call: get, answer: answer('deflate', Buffer.alloc(200, 0xff)) },
  { name: 'gzip without a body', call: get, answer: answer('gzip', Buffer.alloc(0), { length: false }) },
  {
    name: 'gzip with 204',
    call: get,
    answer: (_request, response) => response.writeHead(204, { 'content-encoding': 'gzip' }).end(),
  },
  {
    name: 'gzip, HEAD',
    call: (client) => client.HEAD('/v1/environment'),
    answer: (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': 10 }).end(),
  },
  {
    name: 'gzip of an error',
    call: get,
    answer: answer('gzip', gzip('{"error":{"code":"404.uri"}}'), { status: 404 }),
  },
  ...['text', 'blob', 'arrayBuffer', 'stream'].map((parseAs) => ({
    name: `gzip, parseAs ${parseAs}`,
    call: (client) => client.GET('/v1/environment', { parseAs }),
    answer: answer('gzip', gzip(PLAIN)),
  })),
];
