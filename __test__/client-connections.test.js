'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { httpServer, json, recordingServer } = require('./peers/http-server.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

test('calls one after another share a connection', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  for (let i = 0; i < 50; i++) await made.GET('/v1/environment');
  assert.equal(peer.accepted(), 1);
});

test('errors, empty answers and HEAD keep the connection', async (t) => {
  const peer = await recordingServer(t, (request, response) => {
    if (request.url === '/204') response.writeHead(204).end();
    else json(response, { data: 1 }, Number(request.url.slice(1)));
  });
  const made = client(t, peer);
  for (const status of [200, 404, 204, 500, 200]) {
    await made.GET(`/${status}`);
    await made.HEAD(`/${status}`);
    await made.DELETE(`/${status}`, { body: {} });
  }
  assert.equal(peer.accepted(), 1);
});

test('Connection: close is obeyed', async (t) => {
  const peer = await recordingServer(t, (_request, response) =>
    json(response, { data: 'ok' }, 200, { connection: 'close' }),
  );
  const made = client(t, peer);
  for (let i = 1; i <= 5; i++) {
    assert.deepEqual((await made.GET('/v1/environment')).data, { data: 'ok' });
    assert.equal(peer.accepted(), i);
  }
  await until(() => peer.sockets.size === 0, 'all connections closed');
});

test('HTTP/1.0 answers are not reused', async (t) => {
  const peer = await rawServer(t, (socket) => socket.end(wholeAnswer({ a: 1 }).replace('1.1', '1.0')));
  const made = client(t, peer);
  for (let i = 1; i <= 3; i++) assert.deepEqual((await made.POST('/v1/object-cache', { body: i })).data, { a: 1 });
  assert.equal(peer.accepted(), 3);
});

for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
  test(`${method}: an idle connection that the server closed is no reason to fail`, async (t) => {
    const peer = await recordingServer(t);
    const made = client(t, peer);
    for (let i = 0; i < 30; i++) {
      const { response } = await made[method]('/v1/environment');
      assert.equal(response.status, 200);
      for (const socket of peer.sockets) socket.destroy();
      if (i % 2) await until(() => peer.sockets.size === 0, 'closed');
    }
  });

  test(`${method}: nor one that closes as the request arrives`, async (t) => {
    // Each connection answers once and hangs up on its second request: the client can't know before it has written.
    const peer = await httpServer(t, (request, response) => {
      if (request.socket.used) return request.socket.destroy();
      request.socket.used = true;
      return json(response, { data: 'ok' });
    });
    const made = client(t, peer);
    for (let i = 0; i < 20; i++) assert.equal((await made[method]('/v1/environment')).response.status, 200);
    const many = await Promise.all(Array.from({ length: 40 }, () => made[method]('/v1/environment')));
    assert.ok(many.every(({ response }) => response.status === 200));
  });
}

test('a POST on a connection that closes as it arrives is never sent twice', async (t) => {
  let bodies = 0;
  const peer = await httpServer(t, (request, response) => {
    if (request.method === 'POST') bodies += 1;
    if (request.socket.used) return request.socket.destroy();
    request.socket.used = true;
    return json(response, { data: 'ok' });
  });
  const made = client(t, peer);
  await made.GET('/v1/environment');
  const error = await rejection(made.POST('/v1/object-cache', { body: {} }));
  assert.equal(error.code, 'ECONNRESET');
  assert.equal(bodies, 1);
});

test('a server that restarts is found again', async (t) => {
  const http = require('node:http');
  const path = require('node:path');
  const { once } = require('node:events');
  const { temporaryFolder } = require('./peers/temporary-folder.js');
  const socketPath = path.join(temporaryFolder(t), 'api.sock');
  const made = client(t, { socketPath });
  for (let life = 0; life < 5; life++) {
    const server = http.createServer((_request, response) => json(response, { life })).listen(socketPath);
    await once(server, 'listening');
    const results = await Promise.all(Array.from({ length: 8 }, () => made.GET('/v1/environment')));
    for (const { data } of results) assert.deepEqual(data, { life });
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
});

for (const maxConnections of [1, 3]) {
  test(`maxConnections ${maxConnections} is respected, and every call answered`, async (t) => {
    let most = 0;
    const peer = await httpServer(t, (request, response) => {
      most = Math.max(most, peer.sockets.size);
      setImmediate(() => json(response, { url: request.url }));
    });
    const made = client(t, peer, { maxConnections });
    const results = await within(Promise.all(Array.from({ length: 60 }, (_, i) => made.GET(`/v1/${i}`))), 'all calls');
    for (const [i, { data }] of results.entries()) assert.deepEqual(data, { url: `/v1/${i}` });
    assert.ok(most <= maxConnections, `${most} at once`);
    assert.ok(peer.accepted() <= maxConnections, `${peer.accepted()} in all`);
  });
}

test('maxConnections: a failed, an aborted and a bad call give their place back', async (t) => {
  const peer = await httpServer(t, (request, response) => {
    if (request.url === '/v1/drop') request.socket.destroy();
    else if (request.url === '/v1/noise') request.socket.end('noise\r\n\r\n');
    else if (request.url !== '/v1/never') json(response, { url: request.url });
  });
  const made = client(t, peer, { maxConnections: 1 });
  for (let i = 0; i < 5; i++) {
    assert.equal((await rejection(made.POST('/v1/drop'))).code, 'ECONNRESET');
    assert.equal((await rejection(made.POST('/v1/noise'))).code, 'ERR_CYCLE_BAD_RESPONSE');
    assert.equal((await rejection(made.GET('/v1/never', { signal: AbortSignal.timeout(20) }))).name, 'TimeoutError');
    assert.deepEqual((await within(made.GET('/v1/fine'), 'the next call')).data, { url: '/v1/fine' });
  }
});

for (const maxConnections of [0, -1, Number.NaN, '2']) {
  test(`maxConnections: ${String(maxConnections)} is refused when the client is made`, (t) => {
    assert.throws(
      () => client(t, { socketPath: '/nowhere.sock' }, { maxConnections }),
      (error) => (error instanceof TypeError || error instanceof RangeError) && /maxConnections/.test(error.message),
    );
  });
}

test('a slow answer does not hold up others', async (t) => {
  const waiting = [];
  const peer = await httpServer(t, (request, response) => {
    if (request.url === '/v1/slow') waiting.push(() => json(response, { data: 'slow' }));
    else json(response, { data: 'fast' });
  });
  const made = client(t, peer);
  const slow = made.GET('/v1/slow');
  await until(() => waiting.length === 1, 'the slow request');
  for (let i = 0; i < 10; i++) assert.equal((await within(made.GET('/v1/fast'), 'a fast call')).data.data, 'fast');
  waiting[0]();
  assert.equal((await slow).data.data, 'slow');
});
