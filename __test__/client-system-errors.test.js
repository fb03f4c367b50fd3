'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { once } = require('node:events');
const test = require('node:test');
const { NotificationSocket } = require('..');
const { TOKEN, client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { runChild } = require('./peers/child.js');
const { recordingServer } = require('./peers/http-server.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');
const { within } = require('./peers/until.js');

const failed = (call) => within(rejection(call), 'the failed call');

test('no socket there: ENOENT, and what to look at', async (t) => {
  const socketPath = path.join(temporaryFolder(t), 'none.sock');
  const made = client(t, { socketPath });
  const error = await failed(made.GET('/v1/environment'));
  assertFailure(error, { code: 'ENOENT', syscall: 'connect', socketPath, says: /socketPath|CYCLE_/ });
  assert.ok(error.message.includes(socketPath));
});

test('every method and path is named', async (t) => {
  const socketPath = path.join(temporaryFolder(t), 'none.sock');
  const made = client(t, { socketPath });
  for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']) {
    const call = made[method]('/v1/{id}/x', { params: { path: { id: 'a b' } } });
    assertFailure(await failed(call), { code: 'ENOENT', syscall: 'connect', socketPath, method, path: '/v1/a%20b/x' });
  }
});

test('nobody listens: ECONNREFUSED', async (t) => {
  const folder = temporaryFolder(t);
  const socketPath = path.join(folder, 'left-behind.sock');
  const server = net.createServer().listen(path.join(folder, 'bound.sock'));
  await once(server, 'listening');
  fs.renameSync(path.join(folder, 'bound.sock'), socketPath);
  server.close();
  await once(server, 'close');
  const error = await failed(client(t, { socketPath }).GET('/v1/environment'));
  assertFailure(error, { code: 'ECONNREFUSED', syscall: 'connect', socketPath });
  assert.ok(error.message.includes(socketPath));
});

test('a plain file instead of a socket: ECONNREFUSED', async (t) => {
  const socketPath = path.join(temporaryFolder(t), 'file');
  fs.writeFileSync(socketPath, 'no socket');
  const error = await failed(client(t, { socketPath }).GET('/v1/environment'));
  assertFailure(error, { code: 'ECONNREFUSED', syscall: 'connect', socketPath });
});

test('a file where a folder should be: ENOTDIR', async (t) => {
  const file = path.join(temporaryFolder(t), 'file');
  fs.writeFileSync(file, 'no folder');
  const socketPath = path.join(file, 'api.sock');
  const error = await failed(client(t, { socketPath }).GET('/v1/environment'));
  assertFailure(error, { code: 'ENOTDIR', syscall: 'connect', socketPath });
});

test('permission denied: EACCES', async (t) => {
  const peer = await recordingServer(t);
  fs.chmodSync(path.dirname(peer.socketPath), 0o711);
  fs.chmodSync(peer.socketPath, 0o600);
  const child = await runChild('without-permission', [peer.socketPath]);
  assert.equal(child.code, 0, child.stderr);
  const error = JSON.parse(child.stdout);
  assert.equal(peer.requests.length, 0);
  assert.deepEqual(
    [error.isTypeError, error.code, error.syscall, error.causeCode, error.socketPath, error.method, error.path],
    [true, 'EACCES', 'connect', 'EACCES', peer.socketPath, 'GET', '/v1/environment'],
  );
  assert.match(error.message, /EACCES.*user/);
});

for (const length of [108, 109, 4096]) {
  test(`a path of ${length} bytes is longer than a socket address: ENAMETOOLONG`, async (t) => {
    const socketPath = `/${'p'.repeat(length - 1)}`;
    const error = await failed(client(t, { socketPath }).GET('/v1/environment'));
    assertFailure(error, { code: 'ENAMETOOLONG', syscall: 'connect', socketPath, says: /bytes/ });
  });
}

test('the length is counted in bytes', async (t) => {
  const socketPath = `/${'é'.repeat(60)}`;
  const error = await failed(client(t, { socketPath }).GET('/v1/environment'));
  assertFailure(error, { code: 'ENAMETOOLONG', syscall: 'connect', socketPath });
});

test('a path of 107 bytes is not too long', async (t) => {
  const folder = temporaryFolder(t);
  const socketPath = path.join(folder, 's'.repeat(107 - folder.length - 1));
  const server = require('node:http')
    .createServer((_request, response) => response.end('{}'))
    .listen(socketPath);
  await once(server, 'listening');
  t.after(() => server.close());
  const made = client(t, { socketPath });
  assert.equal((await made.GET('/v1/environment')).response.status, 200);
});

test('a socket that appears later is found by the next call', async (t) => {
  const folder = temporaryFolder(t);
  const socketPath = path.join(folder, 'api.sock');
  const made = client(t, { socketPath });
  assert.equal((await failed(made.GET('/v1/environment'))).code, 'ENOENT');
  const server = require('node:http')
    .createServer((_request, response) => response.end('{"a":1}'))
    .listen(socketPath);
  await once(server, 'listening');
  t.after(() => server.close());
  assert.deepEqual((await made.GET('/v1/environment')).data, { a: 1 });
});

test('middleware gets the error as it is', async (t) => {
  const socketPath = path.join(temporaryFolder(t), 'none.sock');
  const made = client(t, { socketPath });
  let seen;
  made.use({
    onError: ({ error }) => {
      seen = error;
    },
  });
  const error = await failed(made.GET('/v1/environment'));
  assert.equal(seen, error);
  assertFailure(error, { code: 'ENOENT', syscall: 'connect', socketPath });
});

for (const [what, make, words] of [
  ['a plain file', (at) => fs.writeFileSync(at, ''), /The path is a plain file, not a socket: check `socketPath`/],
  ['a folder', (at) => fs.mkdirSync(at), /The path is a folder, not a socket: set `socketPath` to the socket in it/],
]) {
  test(`${what} in the place of the socket is called so`, async (t) => {
    const socketPath = path.join(temporaryFolder(t), 'api.sock');
    make(socketPath);
    for (const init of [{}, { middleware: [{ onRequest: () => undefined }] }]) {
      const error = await rejection(client(t, { socketPath }).GET('/v1/environment', init));
      assert.equal(error.code, 'ECONNREFUSED');
      assert.match(error.message, words);
    }
    const socket = new NotificationSocket({ socketPath, token: TOKEN, reconnect: false });
    const [error] = await once(socket.connect(), 'error');
    assert.match(error.message, words);
  });
}
