'use strict';

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { NotificationSocket, connectNotifications } = require('..');
const { bareServer, closeFrame, frame, record, wsServer } = require('./peers/notification-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until');

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string | undefined>} values
 */
function setEnvironment(t, values) {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name];
    t.after(() => {
      if (before === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = before;
      }
    });
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
}

test('a socket is an emitter at rest until it is connected', async (t) => {
  let connections = 0;
  const { socketPath } = await wsServer(t, () => {
    connections += 1;
  });
  const socket = new NotificationSocket({ socketPath });
  const seen = record(t, socket);
  assert.ok(socket instanceof EventEmitter);
  assert.equal(socket.connected, false);
  assert.equal(socket.connect(), socket);
  assert.equal(socket.connected, false);
  await seen.until('open');
  assert.equal(socket.connected, true);
  assert.equal(socket.connect(), socket);
  assert.equal(socket.close(), undefined);
  assert.equal(socket.connected, false);
  assert.deepEqual(await seen.until('close'), [1005, '']);
  assert.deepEqual(seen.names(), ['open', 'close']);
  assert.equal(connections, 1);
});

test('connected is true in open and false in close', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.close(4000, 'bye'));
  const socket = new NotificationSocket({ socketPath, reconnect: false });
  const seen = record(t, socket);
  /** @type {boolean[]} */
  const states = [];
  socket.on('open', () => states.push(socket.connected));
  socket.on('close', () => states.push(socket.connected));
  socket.connect();
  assert.deepEqual(await seen.until('close'), [4000, 'bye']);
  assert.deepEqual(states, [true, false]);
});

test('each message gives raw, then notification, in order', async (t) => {
  const messages = [
    '{"topic":"a.b","n":1}',
    ' {"n":2} ',
    '[]',
    '"text"',
    'null',
    '{"name":"grün 日本 😀"}',
    '"\\ud800"',
  ];
  const { socketPath } = await wsServer(t, (peer) => {
    for (const message of messages) {
      peer.send(message);
    }
  });
  const seen = record(t, connectNotifications({ socketPath }));
  await seen.until('notification', messages.length);
  assert.deepEqual(seen.events, [
    ['open', { reconnected: false }],
    ...messages.flatMap((message) => [
      ['raw', message],
      ['notification', JSON.parse(message)],
    ]),
  ]);
});

test('messages that come with the answer to the handshake are not lost', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    socket.cork();
    accept();
    socket.write(frame(0x81, '{"n":1}'));
    socket.write(frame(0x81, '{"n":2}'));
    socket.uncork();
  });
  const seen = record(t, connectNotifications({ socketPath }));
  await seen.until('notification', 2);
  assert.deepEqual(seen.of('notification'), [[{ n: 1 }], [{ n: 2 }]]);
});

test('a listener added after awaiting open misses nothing', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    socket.cork();
    accept();
    socket.write(frame(0x81, '{"n":1}'));
    socket.uncork();
  });
  const socket = connectNotifications({ socketPath });
  t.after(() => socket.close());
  await within(EventEmitter.once(socket, 'open'), 'open');
  const [notification] = await within(EventEmitter.once(socket, 'notification'), 'notification');
  assert.deepEqual(notification, { n: 1 });
});

test('invalid JSON gives raw and an error, and the stream goes on', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => {
    peer.send('{"topic":');
    peer.send('');
    peer.send('{"n":1}');
  });
  const seen = record(t, connectNotifications({ socketPath }));
  await seen.until('notification');
  assert.deepEqual(seen.names(), ['open', 'raw', 'error', 'raw', 'error', 'raw', 'notification']);
  const [[error], [second]] = seen.of('error');
  assert.match(error.message, /^failed to parse notification: ./);
  assert.match(second.message, /^failed to parse notification: ./);
  assert.equal(error.code, 'ERR_CYCLE_INVALID_JSON');
  assert.equal(error.socketPath, socketPath);
  assert.ok(error instanceof Error && error.cause instanceof SyntaxError);
  assert.equal(error.message, `failed to parse notification: ${error.cause.message}`);
});

test('a binary frame gives an error, and the stream goes on', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => {
    peer.send('{"n":1}');
    peer.send(Buffer.from('{"n":2}'));
    peer.send('{"n":3}');
  });
  const seen = record(t, connectNotifications({ socketPath }));
  await seen.until('notification', 2);
  assert.deepEqual(seen.names(), ['open', 'raw', 'notification', 'error', 'raw', 'notification']);
  const [[error]] = seen.of('error');
  assert.equal(error.message, 'received non-text notification frame');
  assert.equal(error.code, 'ERR_CYCLE_BINARY_FRAME');
});

test('the request has the path, the token and the extra headers', async (t) => {
  /** @type {import('node:http').IncomingMessage[]} */
  const requests = [];
  const { socketPath } = await wsServer(t, (_peer, request) => requests.push(request));
  const headers = { 'X-Extra': 'one', 'x-cycle-token': 'from headers', 'x-none': /** @type {any} */ (undefined) };
  record(t, connectNotifications({ socketPath, token: 'secret', headers }));
  await until(() => requests.length === 1, 'a request');
  assert.equal(requests[0].method, 'GET');
  assert.equal(requests[0].url, '/v1/notifications');
  assert.equal(requests[0].headers['x-cycle-token'], 'secret');
  assert.equal(requests[0].headers['x-extra'], 'one');
  assert.equal('x-none' in requests[0].headers, false);
  assert.equal(requests[0].headers['sec-websocket-version'], '13');
  assert.equal('sec-websocket-protocol' in requests[0].headers, false);
  assert.equal('sec-websocket-extensions' in requests[0].headers, false);
});

test('header values go out as Latin-1, without the white space around them', async (t) => {
  /** @type {import('node:http').IncomingMessage[]} */
  const requests = [];
  const { socketPath } = await wsServer(t, (_peer, request) => requests.push(request));
  record(t, connectNotifications({ socketPath, token: 'ÿ', headers: { 'x-name': ' Größe\t' } }));
  await until(() => requests.length === 1, 'a request');
  // Node reads each byte as one character.
  assert.equal(requests[0].headers['x-name'], 'Größe');
  assert.equal(requests[0].headers['x-cycle-token'], 'ÿ');
});

test('the token is read from the environment by the constructor', async (t) => {
  /** @type {(string | string[] | undefined)[]} */
  const tokens = [];
  const { socketPath } = await wsServer(t, (_peer, request) => tokens.push(request.headers['x-cycle-token']));
  setEnvironment(t, { CYCLE_API_TOKEN: 'from environment' });
  const early = new NotificationSocket({ socketPath });
  process.env.CYCLE_API_TOKEN = 'too late';
  record(t, early);
  early.connect();
  await until(() => tokens.length === 1, 'a request');
  delete process.env.CYCLE_API_TOKEN;
  record(t, connectNotifications({ socketPath }));
  await until(() => tokens.length === 2, 'a second request');
  record(t, connectNotifications({ socketPath, token: '', headers: { 'X-Cycle-Token': 'extra' } }));
  await until(() => tokens.length === 3, 'a third request');
  assert.deepEqual(tokens, ['from environment', undefined, 'extra']);
});

test('the path of the socket is read from the environment', async (t) => {
  const { socketPath } = await wsServer(t, () => {});
  setEnvironment(t, { CYCLE_API_SOCKET: socketPath });
  const seen = record(t, connectNotifications());
  await seen.until('open');
});

test('without any setting the path is that of the platform', () => {
  const { readOptions } = require('../dist/later.js');
  const before = process.env.CYCLE_API_SOCKET;
  delete process.env.CYCLE_API_SOCKET;
  try {
    assert.equal(readOptions({}).socketPath, '/var/run/cycle/api/api.sock');
  } finally {
    if (before !== undefined) {
      process.env.CYCLE_API_SOCKET = before;
    }
  }
});

test('what is given to the constructor is checked', () => {
  const socketPath = '/nowhere';
  /** @type {[any, string, RegExp][]} */
  const wrong = [
    [{ socketPath: 7 }, 'ERR_INVALID_ARG_TYPE', /^socketPath must be a string/],
    [{ socketPath: '' }, 'ERR_INVALID_ARG_TYPE', /^socketPath/],
    [{ socketPath: 'a\0b' }, 'ERR_INVALID_ARG_TYPE', /^socketPath/],
    [{ token: 7 }, 'ERR_INVALID_ARG_TYPE', /^token must be a string$/],
    [{ token: 'se\ncret' }, 'ERR_INVALID_ARG_VALUE', /x-cycle-token/],
    [{ headers: 'x: y' }, 'ERR_INVALID_ARG_TYPE', /^headers must be an object/],
    [{ headers: { 'x-a': ['secret'] } }, 'ERR_INVALID_ARG_TYPE', /^headers\["x-a"\] must be a string$/],
    [{ headers: { 'x a': 'secret' } }, 'ERR_INVALID_ARG_VALUE', /"x a" is not a valid header name/],
    [{ headers: { 'x-a': 'sec\rret' } }, 'ERR_INVALID_ARG_VALUE', /"x-a"/],
    [{ headers: { 'x-a': 'sec€ret' } }, 'ERR_INVALID_ARG_VALUE', /"x-a" cannot be sent: .* beyond Latin-1/],
    [{ token: 'sec€ret' }, 'ERR_INVALID_ARG_VALUE', /"x-cycle-token" cannot be sent: .* beyond Latin-1/],
    [{ headers: { 'Sec-WebSocket-Key': 'x' } }, 'ERR_INVALID_ARG_VALUE', /belongs to the handshake/],
    [{ reconnect: 1 }, 'ERR_INVALID_ARG_TYPE', /^reconnect must be true or false, not 1/],
    [{ jitter: 'yes' }, 'ERR_INVALID_ARG_TYPE', /^jitter must be/],
    [{ reconnectBaseDelayMs: -1 }, 'ERR_OUT_OF_RANGE', /^reconnectBaseDelayMs must be at least 0, not -1/],
    [{ reconnectMaxDelayMs: Number.NaN }, 'ERR_OUT_OF_RANGE', /^reconnectMaxDelayMs/],
    [{ reconnectMaxDelayMs: '1' }, 'ERR_INVALID_ARG_TYPE', /^reconnectMaxDelayMs must be a number/],
    [{ idleTimeoutMs: 2 ** 31 }, 'ERR_OUT_OF_RANGE', /^idleTimeoutMs must be between/],
    [{ headersTimeoutMs: -1 }, 'ERR_OUT_OF_RANGE', /^headersTimeoutMs must be between/],
    [{ headersTimeoutMs: '1' }, 'ERR_INVALID_ARG_TYPE', /^headersTimeoutMs must be a number/],
    [{ highWaterMark: 0 }, 'ERR_OUT_OF_RANGE', /^highWaterMark/],
    [{ maxMessageBytes: 2 ** 31 }, 'ERR_OUT_OF_RANGE', /^maxMessageBytes/],
    [{ topics: 'container.*' }, 'ERR_INVALID_ARG_TYPE', /^topics must be an array/],
    [{ topics: [1] }, 'ERR_INVALID_ARG_TYPE', /^topics must be an array/],
    [{ topics: ['*'] }, 'ERR_INVALID_ARG_VALUE', /"\*" is not a topic pattern/],
    [{ topics: ['a.*.b'] }, 'ERR_INVALID_ARG_VALUE', /is not a topic pattern/],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE', /^signal must be an AbortSignal/],
  ];
  for (const [options, code, message] of wrong) {
    assert.throws(
      () => new NotificationSocket({ socketPath, ...options }),
      (/** @type {any} */ error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /ret|secret/);
        assert.equal(error.code, code);
        assert.ok(error instanceof TypeError || error instanceof RangeError);
        return true;
      },
      JSON.stringify(options),
    );
  }
});

test('the token is not shown', async (t) => {
  const socketPath = temporarySocketPath(t);
  const socket = new NotificationSocket({
    socketPath,
    token: 'very-secret',
    headers: { 'x-a': 'also-secret' },
    reconnect: false,
  });
  const seen = record(t, socket);
  socket.connect();
  const [error] = await seen.until('error');
  const shown = [socket, error].map((value) => inspect(value, { showHidden: true, depth: 9 }) + JSON.stringify(value));
  assert.doesNotMatch(shown.join(), /secret/);
});

test('close codes of the server are reported and answered', async (t) => {
  const codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
  /** @type {(number | undefined)[]} */
  const answers = [];
  let next = 0;
  const { socketPath } = await bareServer(t, ({ socket, accept, closeCode }) => {
    accept();
    if (next === codes.length) {
      return;
    }
    socket.write(closeFrame(codes[next], `reason ${codes[next]}`));
    next += 1;
    closeCode.then((code) => {
      answers.push(code);
      socket.end();
    });
  });
  const seen = record(t, connectNotifications({ socketPath, reconnectBaseDelayMs: 0 }));
  await seen.until('close', codes.length);
  await until(() => answers.length >= codes.length, 'all answers');
  assert.deepEqual(
    seen.of('close').slice(0, codes.length),
    codes.map((code) => [code, `reason ${code}`]),
  );
  assert.deepEqual(answers.slice(0, codes.length), codes);
  assert.deepEqual(seen.of('error'), []);
});

test('a close frame without a code is 1005', async (t) => {
  /** @type {Promise<number | undefined> | undefined} */
  let answer;
  const { socketPath } = await bareServer(t, ({ socket, accept, closeCode }) => {
    accept();
    socket.write(frame(0x88));
    answer = closeCode;
    closeCode.then(() => socket.end());
  });
  const seen = record(t, connectNotifications({ socketPath, reconnect: false }));
  assert.deepEqual(await seen.until('close'), [1005, '']);
  assert.equal(await within(/** @type {Promise<any>} */ (answer), 'the answer'), 1005);
});

test('pings are answered with their content', async (t) => {
  /** @type {string[]} */
  const pongs = [];
  const { socketPath } = await wsServer(t, (peer) => {
    peer.on('pong', (content) => pongs.push(String(content)));
    peer.ping('one');
    peer.send('{}');
  });
  record(t, connectNotifications({ socketPath }));
  await until(() => pongs.length === 1, 'a pong');
  assert.deepEqual(pongs, ['one']);
});
