'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const zlib = require('node:zlib');
const { client, rejection } = require('./peers/client.js');
const { assertNoToken } = require('./peers/failure.js');
const { recordingServer } = require('./peers/http-server.js');

const BROKEN = ['{"data":', 'words', '<html></html>', '{"a":1}{"b":2}', "{'a':1}", '\u0000', '[1,]', 'undefined'];

/** Checks what a caller is told of JSON that is none. */
function assertInvalidJson(error, peer) {
  assert.ok(error instanceof SyntaxError);
  assert.equal(error.code, 'ERR_CYCLE_INVALID_JSON');
  assert.equal(error.method, 'GET');
  assert.equal(error.path, '/v1/environment');
  assert.equal(error.socketPath, peer.socketPath);
  assert.ok(error.message.includes('GET') && error.message.includes('/v1/environment'), error.message);
  assertNoToken(error);
}

for (const body of BROKEN) {
  test(`200 with invalid JSON: ${JSON.stringify(body)}`, async (t) => {
    const peer = await recordingServer(t, (request, response) => {
      if (request.headers['x-chunked']) response.write(body.slice(0, 1));
      else response.setHeader('content-length', Buffer.byteLength(body));
      response.end(request.headers['x-chunked'] ? body.slice(1) : body);
    });
    const made = client(t, peer);
    assertInvalidJson(await rejection(made.GET('/v1/environment')), peer);
    assertInvalidJson(await rejection(made.GET('/v1/environment', { headers: { 'x-chunked': 'yes' } })), peer);
    made.use({ onRequest: () => undefined });
    assertInvalidJson(await rejection(made.GET('/v1/environment')), peer);
    assert.equal((await made.GET('/v1/environment', { parseAs: 'text' })).data, body);
  });
}

const COMPRESSED = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync };
const WHOLE = Buffer.from(JSON.stringify(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 104729)));

for (const [encoding, compress] of Object.entries(COMPRESSED)) {
  test(`${encoding} cut short is never taken for the whole`, async (t) => {
    const bytes = compress(WHOLE);
    const peer = await recordingServer(t, (request, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(bytes.subarray(0, Number(request.headers['x-keep'])));
    });
    const made = client(t, peer);
    for (const keep of [1, 20, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const headers = { 'x-keep': String(keep) };
      const error = await rejection(made.GET('/v1/environment', { headers }));
      assert.ok(error instanceof TypeError || error instanceof SyntaxError, `${keep}: ${error}`);
      assertNoToken(error);
    }
    const { data } = await made.GET('/v1/environment', { headers: { 'x-keep': String(bytes.length) } });
    assert.deepEqual(data, JSON.parse(WHOLE));
  });

  test(`noise said to be ${encoding} rejects`, async (t) => {
    const peer = await recordingServer(t, (_request, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(Buffer.alloc(300, 0xfe));
    });
    const error = await rejection(client(t, peer).GET('/v1/environment'));
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, 'ERR_CYCLE_BAD_ENCODING');
    assert.ok(error.cause instanceof Error);
    assertNoToken(error);
  });
}

test('an encoded body of nothing and of no announced length is an empty answer', async (t) => {
  const peer = await recordingServer(t, (request, response) => {
    const encoding = request.url.slice(4);
    response.setHeader('content-encoding', encoding);
    response.write(COMPRESSED[encoding](''));
    response.end();
  });
  const made = client(t, peer);
  for (const encoding of Object.keys(COMPRESSED)) {
    const { data, response } = await made.GET(`/v1/${encoding}`);
    assert.equal(data, undefined);
    assert.equal(response.status, 200);
  }
});
