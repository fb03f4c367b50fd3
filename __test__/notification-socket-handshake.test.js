'use strict';

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { NotificationSocket, connectNotifications } = require('..');
const { listen } = require('./peers/listener.js');
const { bareServer, frame, httpServer, record } = require('./peers/notification-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until');

/**
 * Connects once and gives the error, after which there must be the close 1006 and nothing else.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} socketPath
 * @param {object} [options]
 * @returns {Promise<any>}
 */
async function failure(t, socketPath, options = {}) {
  const socket = new NotificationSocket({ socketPath, token: 'secret', reconnect: false, ...options });
  const seen = record(t, socket);
  socket.connect();
  assert.deepEqual(await seen.until('close'), [1006, '']);
  assert.deepEqual(seen.names(), ['error', 'close']);
  const [[error]] = seen.of('error');
  assert.ok(error instanceof Error);
  assert.equal(/** @type {any} */ (error).socketPath, socketPath);
  assert.ok(error.message.includes(socketPath), error.message);
  assert.doesNotMatch(error.message, /secret/);
  return error;
}

test('a socket that is not there', async (t) => {
  const error = await failure(t, temporarySocketPath(t));
  assert.equal(error.code, 'ENOENT');
  assert.equal(error.syscall, 'connect');
  assert.equal(error.errno, -2);
  assert.equal(error.cause.code, 'ENOENT');
  assert.match(error.message, /CYCLE_API_SOCKET/);
});

test('a socket file without a server', async (t) => {
  const socketPath = temporarySocketPath(t);
  const server = net.createServer();
  const { close } = await listen(t, server, `${socketPath}.bound`);
  fs.linkSync(`${socketPath}.bound`, socketPath);
  await close();
  const error = await failure(t, socketPath);
  assert.equal(error.code, 'ECONNREFUSED');
  assert.match(error.message, /no server listens/);
});

test('a path that is no socket, and one that is too long', async (t) => {
  const socketPath = temporarySocketPath(t);
  fs.writeFileSync(socketPath, '');
  assert.equal((await failure(t, socketPath)).code, 'ECONNREFUSED');
  assert.equal((await failure(t, path.join(socketPath, 'below'))).code, 'ENOTDIR');
  const error = await failure(t, `${socketPath}${'x'.repeat(200)}`);
  assert.equal(error.code, 'ENAMETOOLONG');
  assert.match(error.message, /shorter than 108 bytes/);
});

test('a socket that may not be used', async (t) => {
  const { socketPath } = await listen(t, net.createServer());
  fs.chmodSync(path.dirname(socketPath), 0o755);
  fs.chmodSync(socketPath, 0);
  // Root may use any socket, so another user tries.
  const nobody = 65534;
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  const script = `
    const { NotificationSocket } = require(${JSON.stringify(require.resolve('..'))});
    const socket = new NotificationSocket({ socketPath: process.argv[1], reconnect: false });
    socket.on('error', ({ code, message }) => console.log(code, message)).connect();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, socketPath], {
    ...user,
    timeout: 30_000,
  });
  assert.match(stdout, /^EACCES .*write permission/);
});

for (const status of [200, 301, 400, 401, 403, 404, 426, 500, 503]) {
  test(`status ${status} instead of 101`, async (t) => {
    const { socketPath } = await httpServer(t, (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`{"error":{"status":${status},"title":"Größe"}}`);
    });
    const error = await failure(t, socketPath);
    assert.equal(error.code, 'ERR_CYCLE_HANDSHAKE');
    assert.equal(error.status, status);
    assert.equal(error.body, `{"error":{"status":${status},"title":"Größe"}}`);
    assert.match(error.message, new RegExp(`status ${status}`));
    assert.doesNotMatch(error.message, /CYCLE_API_TOKEN/);
  });
}

test('401 without a token says that CYCLE_API_TOKEN is not set', async (t) => {
  const { socketPath } = await httpServer(t, (request, response) => {
    response.writeHead(request.headers['x-cycle-token'] === 'right' ? 500 : 401).end();
  });
  const missing = await failure(t, socketPath, { token: '' });
  assert.equal(missing.status, 401);
  assert.equal(missing.body, '');
  assert.match(missing.message, /CYCLE_API_TOKEN is not set/);
  const wrong = await failure(t, socketPath, { token: 'wrong' });
  assert.match(wrong.message, /token was not accepted/);
  assert.doesNotMatch(wrong.message, /CYCLE_API_TOKEN|wrong/);
  const byHeader = await failure(t, socketPath, { token: '', headers: { 'x-cycle-token': 'other' } });
  assert.match(byHeader.message, /token was not accepted/);
  const right = await failure(t, socketPath, { token: '', headers: { 'X-Cycle-Token': 'right' } });
  assert.equal(right.status, 500);
});

test('the body of a refusal is kept up to a limit, also when it breaks off', async (t) => {
  const { socketPath } = await httpServer(t, (_request, response) => {
    response.writeHead(500);
    response.end('x'.repeat(1_000_000));
  });
  assert.equal((await failure(t, socketPath)).body.length, 65_536);

  const broken = await bareServer(t, ({ socket }) => socket.end('HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf'));
  const error = await failure(t, broken.socketPath);
  assert.equal(error.status, 500);
  assert.equal(error.body, 'half');
});

test('a refusal whose body never ends is reported all the same', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket }) => {
    socket.write('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n');
  });
  const error = await failure(t, socketPath);
  assert.equal(error.status, 403);
  assert.equal(error.body, 'some');
});

/** @type {[string, (handshake: import('./peers/notification-server').Handshake) => string[], RegExp][]} */
const WRONG_ANSWERS = [
  [
    'a wrong accept key',
    () => ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    /Sec-WebSocket-Accept/,
  ],
  ['no accept key', () => ['Upgrade: websocket', 'Connection: Upgrade'], /Sec-WebSocket-Accept/],
  [
    'no upgrade header',
    ({ acceptKey }) => ['Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey}`],
    /Upgrade: websocket/,
  ],
  [
    'another upgrade',
    ({ acceptKey }) => ['Upgrade: h2c', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey}`],
    /Upgrade: websocket/,
  ],
  [
    'no connection header',
    ({ acceptKey }) => ['Upgrade: websocket', `Sec-WebSocket-Accept: ${acceptKey}`],
    /Connection: Upgrade/,
  ],
  [
    'a subprotocol that was not requested',
    ({ acceptKey }) => [
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey}`,
      'Sec-WebSocket-Protocol: chat',
    ],
    /subprotocol/,
  ],
  [
    'a subprotocol in a second header',
    ({ acceptKey }) => [
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey}`,
      'Sec-WebSocket-Protocol:',
      'Sec-WebSocket-Protocol: chat',
    ],
    /subprotocol/,
  ],
  [
    'two accept keys',
    ({ acceptKey }) => [
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey}`,
      'Sec-WebSocket-Accept: another',
    ],
    /Sec-WebSocket-Accept/,
  ],
  [
    'an extension that was not requested',
    ({ acceptKey }) => [
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey}`,
      'Sec-WebSocket-Extensions: permessage-deflate',
    ],
    /extension/,
  ],
];

for (const [name, headers, message] of WRONG_ANSWERS) {
  test(`101 with ${name}`, async (t) => {
    /** @type {Promise<void> | undefined} */
    let gone;
    const { socketPath } = await bareServer(t, (handshake) => {
      gone = handshake.gone;
      handshake.socket.write(['HTTP/1.1 101 Switching Protocols', ...headers(handshake), '', ''].join('\r\n'));
      handshake.socket.write(frame(0x81, '{}'));
    });
    const error = await failure(t, socketPath);
    assert.equal(error.code, 'ERR_CYCLE_HANDSHAKE');
    assert.equal(error.status, undefined);
    assert.match(error.message, message);
    await within(/** @type {Promise<void>} */ (gone), 'the end of the connection');
  });
}

test('an answer with a list of connection options is fine', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, acceptKey }) => {
    socket.write(
      [
        'HTTP/1.1 101 OK',
        'upgrade: WebSocket',
        'connection: keep-alive, UPGRADE',
        `sec-websocket-accept: ${acceptKey}`,
        'Sec-WebSocket-Protocol:',
        '',
        '',
      ].join('\r\n'),
    );
  });
  const seen = record(t, connectNotifications({ socketPath }));
  await seen.until('open');
});

test('an answer may have as many headers as that to a call', async (t) => {
  const lines = Array.from({ length: 300 }, (_, number) => `X-${number}: y`);
  const { socketPath } = await bareServer(t, ({ accept }) => accept(lines));
  const socket = new NotificationSocket({ socketPath, reconnect: false });
  const seen = record(t, socket);
  socket.connect();
  await until(() => seen.events.length > 0, 'an event');
  assert.deepEqual(seen.names(), ['open']);
});

test('a full listen queue is waited for', async (t) => {
  // Nothing accepts while a process is stopped, so that its queue fills up.
  const socketPath = temporarySocketPath(t);
  const script = `
    const { createServer } = require('node:http');
    const { WebSocketServer } = require('ws');
    const server = createServer();
    new WebSocketServer({ server });
    server.listen({ path: process.argv[1], backlog: 1 }, () => console.log('listening'));`;
  const child = spawn(process.execPath, ['-e', script, socketPath], { cwd: __dirname });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const all = Array.from({ length: 6 }, () => {
    const socket = new NotificationSocket({ socketPath, reconnect: false });
    const seen = record(t, socket);
    socket.connect();
    return seen;
  });
  // Those for which there is no room would have failed by now.
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(
    all.flatMap((seen) => seen.of('error').map(([error]) => error.code)),
    [],
  );
  child.kill('SIGCONT');
  await Promise.all(all.map((seen) => seen.until('open')));
});

test('interim answers before the 101 are skipped', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    accept();
  });
  const seen = record(t, connectNotifications({ socketPath }));
  await seen.until('open');
});

test('an answer that is no HTTP', async (t) => {
  for (const answer of ['SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 abc\r\n\r\n', '\u0000\u0001\u0002\r\n\r\n']) {
    const { socketPath } = await bareServer(t, ({ socket }) => socket.end(answer));
    const error = await failure(t, socketPath);
    assert.equal(error.code, 'ERR_CYCLE_HANDSHAKE');
    assert.match(error.message, /is not HTTP/);
  }
});

test('a head without end', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket }) => {
    socket.write('HTTP/1.1 101 OK\r\n');
    const pump = () => {
      while (!socket.destroyed && socket.write(`x-filler: ${'x'.repeat(10_000)}\r\n`)) {}
    };
    socket.on('drain', pump);
    pump();
  });
  assert.equal((await failure(t, socketPath)).code, 'ERR_CYCLE_HANDSHAKE');
});

test('a server that hangs up instead of answering', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket }) => socket.end());
  const error = await failure(t, socketPath);
  assert.equal(error.code, 'ECONNRESET');
  assert.match(error.message, /during the notification handshake/);
  const half = await bareServer(t, ({ socket }) => socket.end('HTTP/1.1 101 Swit'));
  assert.equal((await failure(t, half.socketPath)).code, 'ECONNRESET');
});

test('a server that never answers is given up after idleTimeoutMs', async (t) => {
  /** @type {Promise<void> | undefined} */
  let gone;
  const { socketPath } = await bareServer(t, (handshake) => {
    gone = handshake.gone;
  });
  const error = await failure(t, socketPath, { idleTimeoutMs: 50 });
  assert.equal(error.code, 'ERR_CYCLE_IDLE_TIMEOUT');
  assert.match(error.message, /silent for 50 ms during the handshake/);
  await within(/** @type {Promise<void>} */ (gone), 'the end of the connection');
});

test('a server that never answers is given up after headersTimeoutMs', async (t) => {
  /** @type {Promise<void> | undefined} */
  let gone;
  const { socketPath } = await bareServer(t, (handshake) => {
    gone = handshake.gone;
    handshake.socket.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 101 Switching Pro');
  });
  const error = await failure(t, socketPath, { headersTimeoutMs: 50 });
  assert.equal(error.code, 'ERR_CYCLE_HEADERS_TIMEOUT');
  assert.match(error.message, /within the 50 ms that headersTimeoutMs allows/);
  await within(/** @type {Promise<void>} */ (gone), 'the end of the connection');
});

test('headersTimeoutMs is over once the handshake is answered, and 0 is for never', async (t) => {
  const { socketPath } = await bareServer(t, async ({ socket, accept }) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    accept();
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.write(frame(0x81, '1'));
  });
  for (const headersTimeoutMs of [0, 300]) {
    const seen = record(t, connectNotifications({ socketPath, headersTimeoutMs, reconnectBaseDelayMs: 1 }));
    await seen.until('notification');
    // On a slow machine an attempt may be given up; none that was open is.
    assert.deepEqual(seen.names().slice(-3), ['open', 'raw', 'notification']);
    assert.ok(headersTimeoutMs > 0 || seen.of('error').length === 0);
  }
});

test('after a refusal it reconnects', async (t) => {
  let requests = 0;
  const { socketPath } = await httpServer(t, (_request, response) => {
    requests += 1;
    response.writeHead(503).end();
  });
  const seen = record(t, connectNotifications({ socketPath, reconnectBaseDelayMs: 1, reconnectMaxDelayMs: 4 }));
  await seen.until('reconnecting', 5);
  assert.deepEqual(seen.names().slice(0, 6), ['error', 'close', 'reconnecting', 'error', 'close', 'reconnecting']);
  assert.deepEqual(seen.of('reconnecting').slice(0, 5), [
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 4],
    [5, 4],
  ]);
  await until(() => requests >= 5, 'five requests');
});
