'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { httpServer, json, recordingServer } = require('./peers/http-server.js');
const { rawServer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

test('close() closes the connections', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer, { maxConnections: 8 });
  await Promise.all(Array.from({ length: 8 }, () => made.GET('/v1/environment')));
  assert.ok(peer.sockets.size > 0);
  assert.equal(await made.close(), undefined);
  await until(() => peer.sockets.size === 0, 'connections closed');
});

test('calls after close() reject', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await made.GET('/v1/environment');
  await made.close();
  for (const init of [undefined, { middleware: [{ onRequest: () => undefined }] }, { parseAs: 'stream' }]) {
    const error = await rejection(made.GET('/v1/environment', init));
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, 'ERR_CYCLE_CLOSED');
    assert.deepEqual([error.method, error.path, error.socketPath], ['GET', '/v1/environment', peer.socketPath]);
  }
  assert.equal(peer.requests.length, 1);
});

test('close() waits for the calls in flight', async (t) => {
  const waiting = [];
  const peer = await httpServer(t, (request, response) => waiting.push(() => json(response, { url: request.url })));
  const made = client(t, peer);
  const calls = [
    made.GET('/v1/plain'),
    made.GET('/v1/middleware', { middleware: [{ onRequest: () => undefined }] }),
    made.POST('/v1/body', { body: new Blob(['x']).stream(), bodySerializer: (same) => same, duplex: 'half' }),
  ];
  await until(() => waiting.length === 3, 'the requests');
  let closed = false;
  const closing = made.close().then(() => {
    closed = true;
  });
  assert.equal((await rejection(made.GET('/v1/late'))).code, 'ERR_CYCLE_CLOSED');
  await new Promise(setImmediate);
  assert.equal(closed, false);
  for (const answer of waiting) answer();
  const urls = (await within(Promise.all(calls), 'the calls')).map(({ data }) => data.url);
  assert.deepEqual(urls, ['/v1/plain', '/v1/middleware', '/v1/body']);
  await within(closing, 'close()');
  await until(() => peer.sockets.size === 0, 'connections closed');
});

for (const how of ['read', 'cancelled', 'lost'])
  test(`close() waits for a body that is being streamed until it is ${how}`, async (t) => {
    let socket;
    const peer = await rawServer(t, (connection) => {
      socket = connection;
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab');
    });
    const made = client(t, peer);
    const { data } = await made.GET('/v1/hub', { parseAs: 'stream' });
    const reader = data.getReader();
    let closed = false;
    const closing = made.close().then(() => {
      closed = true;
    });
    assert.equal(Buffer.from((await reader.read()).value).toString(), 'ab');
    await new Promise(setImmediate);
    assert.equal(closed, false);
    if (how === 'cancelled') await reader.cancel();
    else if (how === 'lost') {
      socket.destroy();
      assert.equal((await within(rejection(reader.read()), 'the read')).code, 'ECONNRESET');
    } else {
      socket.write('cd');
      assert.equal(Buffer.from((await reader.read()).value).toString(), 'cd');
      assert.equal((await within(reader.read(), 'the end')).done, true);
    }
    await within(closing, 'close()');
    await until(() => peer.sockets.size === 0, 'connections closed');
  });

test('close() twice, and before any call', async (t) => {
  const made = client(t, { socketPath: '/nowhere.sock' });
  await within(Promise.all([made.close(), made.close()]), 'close()');
  await within(made.close(), 'close() again');
});

test('closing one client leaves others alone', async (t) => {
  const peer = await recordingServer(t);
  const [one, two] = [client(t, peer), client(t, peer)];
  await Promise.all([one.GET('/v1/environment'), two.GET('/v1/environment')]);
  await one.close();
  assert.equal((await two.GET('/v1/environment')).response.status, 200);
});

test('await using', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await made.GET('/v1/environment');
  await made[Symbol.asyncDispose]();
  assert.equal((await rejection(made.GET('/v1/environment'))).code, 'ERR_CYCLE_CLOSED');
  await until(() => peer.sockets.size === 0, 'connections closed');
});
