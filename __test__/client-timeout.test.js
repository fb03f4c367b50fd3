'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { recordingServer } = require('./peers/http-server.js');
const { rawServer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

const SILENCES = {
  'the server never answers': () => {},
  'the server sends early hints without end': (socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 1);
    socket.on('close', () => clearInterval(timer));
  },
  'the server stops within the head': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-'),
  'the server stops within the body': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{'),
  'the server sends a byte now and then': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
    const timer = setInterval(() => socket.write(' '), 5);
    socket.on('close', () => clearInterval(timer));
  },
};

for (const [what, answer] of Object.entries(SILENCES)) {
  test(`timeoutMs: ${what}`, async (t) => {
    const peer = await rawServer(t, answer);
    const made = client(t, peer, { timeoutMs: 60 });
    const error = await within(rejection(made.GET('/v1/environment')), what);
    assertFailure(error, {
      code: 'ERR_CYCLE_TIMEOUT',
      name: 'TimeoutError',
      socketPath: peer.socketPath,
      says: /timeoutMs/,
    });
    assert.match(error.message, /60/);
    await until(() => peer.sockets.size === 0, 'the connection is freed');
  });
}

test('timeoutMs covers the whole call with middleware too', async (t) => {
  const peer = await rawServer(t, () => {});
  const made = client(t, peer, { timeoutMs: 60 });
  made.use({ onRequest: () => undefined });
  const error = await within(rejection(made.GET('/v1/environment')), 'the call');
  assertFailure(error, { code: 'ERR_CYCLE_TIMEOUT', name: 'TimeoutError', socketPath: peer.socketPath });
});

test('timeoutMs covers a body that the caller streams', async (t) => {
  const peer = await rawServer(t, (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{'));
  const made = client(t, peer, { timeoutMs: 200 });
  const { data } = await made.GET('/v1/environment', { parseAs: 'stream' });
  const error = await within(rejection(new Response(data).text()), 'the stream');
  assert.equal(error.code, 'ERR_CYCLE_TIMEOUT');
  assert.equal(error.name, 'TimeoutError');
  await until(() => peer.sockets.size === 0, 'the connection is freed');
});

test('timeoutMs covers the wait for a connection of the pool', async (t) => {
  const peer = await rawServer(t, () => {});
  const made = client(t, peer, { timeoutMs: 60, maxConnections: 1 });
  const calls = [made.GET('/v1/hub'), made.GET('/v1/environment'), made.GET('/v1/server')].map(rejection);
  for (const error of await within(Promise.all(calls), 'all calls')) assert.equal(error.code, 'ERR_CYCLE_TIMEOUT');
});

test('within the time nothing changes, and nothing stays behind', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer, { timeoutMs: 30_000 });
  for (let i = 0; i < 20; i++) assert.deepEqual((await made.GET('/v1/environment')).data, { data: 'ok' });
  assert.equal(peer.accepted(), 1);
});

test('the signal wins over a later timeout', async (t) => {
  const peer = await rawServer(t, () => {});
  const made = client(t, peer, { timeoutMs: 30_000 });
  const controller = new AbortController();
  const call = rejection(made.GET('/v1/environment', { signal: controller.signal }));
  await until(() => peer.heads() === 1, 'the request arrives');
  controller.abort();
  assert.equal((await within(call, 'the call')).name, 'AbortError');
});

for (const timeoutMs of [0, -1, Number.NaN, '10', {}]) {
  test(`timeoutMs: ${String(timeoutMs)} is refused when the client is made`, (t) => {
    assert.throws(
      () => client(t, { socketPath: '/nowhere.sock' }, { timeoutMs }),
      (error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError);
        assert.match(error.message, /timeoutMs/);
        return true;
      },
    );
  });
}
