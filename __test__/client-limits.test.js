'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const zlib = require('node:zlib');
const { client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { httpServer, recordingServer } = require('./peers/http-server.js');
const { until, within } = require('./peers/until.js');

const LIMIT = 10_000;
const KINDS = ['json', 'text', 'arrayBuffer', 'blob'];

/** A JSON text of exactly so many bytes. */
const textOf = (bytes) => JSON.stringify('x'.repeat(bytes - 2));

for (const [how, prepare] of Object.entries({
  'with its length': (response, body) => response.setHeader('content-length', Buffer.byteLength(body)),
  chunked: (response, body) => response.write(body.slice(0, 10)) && body.slice(10),
})) {
  test(`maxResponseBytes: a body ${how}`, async (t) => {
    const peer = await recordingServer(t, (request, response) => {
      const body = textOf(Number(request.url.slice(4)));
      const rest = prepare(response, body);
      response.end(typeof rest === 'string' ? rest : body);
    });
    const made = client(t, peer, { maxResponseBytes: LIMIT });
    for (const parseAs of KINDS) {
      const path = `/v1/${LIMIT + 1}`;
      const error = await within(rejection(made.GET(path, { parseAs })), 'a body beyond the limit');
      const expected = { code: 'ERR_CYCLE_RESPONSE_TOO_LARGE', socketPath: peer.socketPath, path };
      assertFailure(error, { ...expected, says: /maxResponseBytes/ });
      assert.match(error.message, /10000/);
      assert.equal((await made.GET(`/v1/${LIMIT}`, { parseAs })).response.status, 200);
    }
  });
}

test('maxResponseBytes counts decoded bytes, and stops a bomb', async (t) => {
  const bomb = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024)));
  const peer = await recordingServer(t, (_request, response) => {
    response.setHeader('content-encoding', 'gzip, gzip');
    response.end(bomb);
  });
  assert.ok(bomb.length < LIMIT);
  const error = await within(
    rejection(client(t, peer, { maxResponseBytes: LIMIT }).GET('/v1/environment')),
    'the bomb',
  );
  assertFailure(error, { code: 'ERR_CYCLE_RESPONSE_TOO_LARGE', socketPath: peer.socketPath });
});

test('maxResponseBytes counts the body of an error too', async (t) => {
  const peer = await recordingServer(t, (_request, response) => response.writeHead(500).end(textOf(LIMIT + 1)));
  const error = await rejection(client(t, peer, { maxResponseBytes: LIMIT }).GET('/v1/environment'));
  assertFailure(error, { code: 'ERR_CYCLE_RESPONSE_TOO_LARGE', socketPath: peer.socketPath });
});

test('maxResponseBytes ends a stream at the limit', async (t) => {
  const peer = await httpServer(t, (_request, response) => {
    const pour = () => {
      while (response.write('x'.repeat(1000)));
    };
    response.on('drain', pour);
    pour();
  });
  const { data } = await client(t, peer, { maxResponseBytes: LIMIT }).GET('/v1/environment', { parseAs: 'stream' });
  const reader = data.getReader();
  let size = 0;
  const read = async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) size += part.value.byteLength;
  };
  const error = await within(rejection(read()), 'the stream');
  assert.equal(error.code, 'ERR_CYCLE_RESPONSE_TOO_LARGE');
  assert.ok(size <= LIMIT);
  await until(() => peer.sockets.size === 0, 'the connection is freed');
});

for (const maxResponseBytes of [0, -5, Number.NaN, '10']) {
  test(`maxResponseBytes: ${String(maxResponseBytes)} is refused when the client is made`, (t) => {
    assert.throws(
      () => client(t, { socketPath: '/nowhere.sock' }, { maxResponseBytes }),
      (error) => (error instanceof TypeError || error instanceof RangeError) && /maxResponseBytes/.test(error.message),
    );
  });
}
