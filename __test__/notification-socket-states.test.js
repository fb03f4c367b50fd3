'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { NotificationSocket, connectNotifications } = require('..');
const { bareServer, frame, httpServer, record, wsServer } = require('./peers/notification-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until');

/** A delay that no test waits for: that a socket stopped waiting is seen by its coming to rest. */
const LONG = { reconnectBaseDelayMs: 3_600_000, reconnectMaxDelayMs: 3_600_000 };

/** Lets what is on its way arrive: a few turns of the event loop. */
async function settle() {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('delays double up to the limit and start again after an open', async (t) => {
  const socketPath = temporarySocketPath(t);
  const seen = record(t, connectNotifications({ socketPath, reconnectBaseDelayMs: 5, reconnectMaxDelayMs: 30 }));
  await seen.until('reconnecting', 5);
  assert.deepEqual(seen.of('reconnecting').slice(0, 5), [
    [1, 5],
    [2, 10],
    [3, 20],
    [4, 30],
    [5, 30],
  ]);
  const server = await wsServer(t, () => {}, socketPath);
  await seen.until('open');
  const before = seen.of('reconnecting').length;
  await server.close();
  await seen.until('reconnecting', before + 2);
  assert.deepEqual(seen.of('reconnecting').slice(before, before + 2), [
    [1, 5],
    [2, 10],
  ]);
});

test('attempts start again at 1 after close and connect, also while one is waited for', async (t) => {
  const socketPath = temporarySocketPath(t);
  const socket = connectNotifications({ socketPath, reconnectBaseDelayMs: 1, reconnectMaxDelayMs: 8 });
  const seen = record(t, socket);
  await seen.until('reconnecting', 4);
  socket.close();
  await settle();
  const before = seen.of('reconnecting').length;
  socket.connect();
  await seen.until('reconnecting', before + 3);
  socket.close();
  socket.connect();
  const between = seen.of('reconnecting').length;
  await seen.until('reconnecting', between + 2);
  const attempts = [before, between].map((from) => seen.of('reconnecting').slice(from, from + 2));
  assert.deepEqual(
    attempts,
    Array(2).fill([
      [1, 1],
      [2, 2],
    ]),
  );
});

test('open says whether the stream was open before', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => setImmediate(() => peer.close(1001)));
  const lasting = new NotificationSocket({ socketPath, reconnectBaseDelayMs: 1 });
  const seen = record(t, lasting);
  lasting.connect();
  await seen.until('open', 3);
  lasting.close();
  await settle();
  const before = seen.of('open').length;
  lasting.connect();
  await seen.until('open', before + 2);
  const told = seen.of('open').map(([{ reconnected }]) => reconnected);
  assert.deepEqual(told.slice(0, 3), [false, true, true]);
  assert.deepEqual(told.slice(before, before + 2), [false, true]);

  // A program that reconnects by itself, in a listener and later.
  const resting = new NotificationSocket({ socketPath, reconnect: false });
  const rested = record(t, resting);
  resting.once('close', () => resting.connect());
  resting.connect();
  await rested.until('close', 2);
  await settle();
  resting.connect();
  await rested.until('open', 3);
  assert.deepEqual(
    rested.of('open').map(([{ reconnected }]) => reconnected),
    [false, true, false],
  );
});

test('connected is false in an error listener after a lost connection, and stays true after a bad message', async (t) => {
  const server = await wsServer(t, (peer) => peer.send('{'));
  const socket = new NotificationSocket({ socketPath: server.socketPath, reconnect: false });
  const seen = record(t, socket);
  /** @type {[string, boolean][]} */
  const states = [];
  socket.on('error', ({ code }) => states.push([String(code), socket.connected]));
  socket.connect();
  await seen.until('error');
  await server.close();
  await seen.until('close');
  assert.deepEqual(states, [
    ['ERR_CYCLE_INVALID_JSON', true],
    ['ECONNRESET', false],
  ]);
});

test('with jitter delays are between half and whole', async (t) => {
  const socketPath = temporarySocketPath(t);
  const seen = record(
    t,
    connectNotifications({ socketPath, reconnectBaseDelayMs: 16, reconnectMaxDelayMs: 32, jitter: true }),
  );
  await seen.until('reconnecting', 4);
  for (const [attempt, delay] of seen.of('reconnecting')) {
    const whole = attempt === 1 ? 16 : 32;
    assert.ok(delay >= whole / 2 && delay <= whole, `${attempt}: ${delay}`);
  }
});

test('after a close of the server it reconnects, in order of events', async (t) => {
  let connections = 0;
  const { socketPath } = await wsServer(t, (peer) => {
    connections += 1;
    peer.send(`{"n":${connections}}`);
    if (connections < 3) {
      peer.close(1012, 'restart');
    }
  });
  const seen = record(t, connectNotifications({ socketPath, reconnectBaseDelayMs: 3 }));
  await seen.until('notification', 3);
  const round = ['open', 'raw', 'notification', 'close', 'reconnecting'];
  assert.deepEqual(seen.names(), [...round, ...round, 'open', 'raw', 'notification']);
  assert.deepEqual(seen.of('close'), [
    [1012, 'restart'],
    [1012, 'restart'],
  ]);
  assert.deepEqual(seen.of('reconnecting'), [
    [1, 3],
    [1, 3],
  ]);
  assert.deepEqual(seen.of('notification'), [[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
});

test('with reconnect false it stays closed until it is connected again', async (t) => {
  let connections = 0;
  const { socketPath } = await wsServer(t, (peer) => {
    connections += 1;
    peer.close(1001);
  });
  const socket = connectNotifications({ socketPath, reconnect: false });
  const seen = record(t, socket);
  await seen.until('close');
  await settle();
  assert.equal(connections, 1);
  socket.connect();
  await seen.until('close', 2);
  assert.deepEqual(seen.names(), ['open', 'close', 'open', 'close']);
});

test('connect in a close listener works, with reconnect false too', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.close(1001));
  const socket = new NotificationSocket({ socketPath, reconnect: false });
  const seen = record(t, socket);
  let left = 5;
  socket.on('close', () => {
    left -= 1;
    if (left > 0) {
      socket.connect();
    }
  });
  socket.connect();
  await seen.until('close', 5);
  assert.deepEqual(seen.names(), Array(5).fill(['open', 'close']).flat());
});

test('connect in an error listener works however the connection failed', async (t) => {
  const failures = {
    lost: (/** @type {import('node:net').Socket} */ peer) => peer.destroy(),
    broken: (/** @type {import('node:net').Socket} */ peer) => peer.write(frame(0xc1)),
  };
  for (const [name, fail] of Object.entries(failures)) {
    let connections = 0;
    const { socketPath } = await bareServer(t, ({ socket, accept, closeCode }) => {
      connections += 1;
      accept();
      // Later than the program hears of the failure.
      closeCode.then(() => setTimeout(() => socket.end(), 200));
      if (connections === 1) {
        fail(socket);
      }
    });
    const socket = new NotificationSocket({ socketPath, reconnect: false });
    const seen = record(t, socket);
    socket.once('error', () => socket.connect());
    socket.connect();
    await seen.until('close');
    await until(() => socket.connected, `a connection after one that was ${name}`);
    assert.deepEqual(seen.names(), ['open', 'error', 'close', 'open']);
  }
});

test('close before connect, and twice, does nothing', async (t) => {
  const { socketPath } = await wsServer(t, () => {});
  const socket = new NotificationSocket({ socketPath });
  const seen = record(t, socket);
  socket.close();
  await settle();
  assert.deepEqual(seen.names(), []);
  socket.connect();
  await seen.until('open');
  socket.close();
  socket.close();
  await seen.until('close');
  socket.close();
  await settle();
  assert.deepEqual(seen.names(), ['open', 'close']);
});

test('close while connecting emits no error and ends with 1006', async (t) => {
  /** @type {Promise<void>[]} */
  const gone = [];
  const { socketPath } = await bareServer(t, (handshake) => gone.push(handshake.gone));
  const socket = connectNotifications({ socketPath });
  const seen = record(t, socket);
  await until(() => gone.length === 1, 'the handshake');
  socket.close();
  assert.deepEqual(await seen.until('close'), [1006, '']);
  await gone[0];
  await settle();
  assert.deepEqual(seen.names(), ['close']);
});

test('close right after connect emits no error, whether a server is there or not', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.send('{}'));
  for (const path of [socketPath, temporarySocketPath(t)]) {
    const socket = connectNotifications({ socketPath: path });
    const seen = record(t, socket);
    socket.close();
    await seen.until('close');
    await settle();
    assert.deepEqual(seen.names(), ['close']);
  }
});

test('close while waiting stops the attempts without an event', async (t) => {
  const socketPath = temporarySocketPath(t);
  const socket = connectNotifications({ socketPath, ...LONG });
  const seen = record(t, socket);
  await seen.until('reconnecting');
  socket.close();
  await within(socket[Symbol.asyncDispose](), 'rest');
  assert.deepEqual(seen.names(), ['error', 'close', 'reconnecting']);
});

test('connect while waiting dials at once', async (t) => {
  const socketPath = temporarySocketPath(t);
  const socket = connectNotifications({ socketPath, reconnectBaseDelayMs: 2 ** 31, reconnectMaxDelayMs: 2 ** 31 });
  const seen = record(t, socket);
  assert.deepEqual(await seen.until('reconnecting'), [1, 2 ** 31 - 1]);
  await wsServer(t, () => {}, socketPath);
  socket.connect();
  await seen.until('open');
});

test('close in open stops messages at once', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => {
    for (let n = 0; n < 1000; n += 1) {
      peer.send(`{"n":${n}}`);
    }
  });
  const socket = connectNotifications({ socketPath });
  const seen = record(t, socket);
  socket.on('notification', ({ n }) => {
    if (n === 10) {
      socket.close();
    }
  });
  assert.deepEqual(await seen.until('close'), [1005, '']);
  assert.equal(seen.of('notification').length, 11);
  assert.equal(seen.of('raw').length, 11);
});

test('close in a raw listener leaves out the notification', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.send('{}'));
  const socket = connectNotifications({ socketPath });
  const seen = record(t, socket);
  socket.on('raw', () => socket.close());
  await seen.until('close');
  assert.deepEqual(seen.names(), ['open', 'raw', 'close']);
});

test('close, then connect, leaves exactly one connection', async (t) => {
  const server = await wsServer(t, (peer) => peer.send('{}'));
  const socket = connectNotifications({ socketPath: server.socketPath });
  const seen = record(t, socket);
  await seen.until('open');
  for (let round = 0; round < 20; round += 1) {
    socket.close();
    socket.connect();
  }
  await seen.until('close');
  await until(() => socket.connected, 'a connection');
  await settle();
  assert.equal(server.clients.size, 1);
  assert.equal(socket.connected, true);
  assert.deepEqual(seen.of('error'), []);
  socket.close();
  await until(() => server.clients.size === 0, 'no connection');
});

test('close and connect in every state end in one connection', async (t) => {
  const server = await wsServer(t, () => {});
  /** @type {((socket: NotificationSocket) => void)[]} */
  const steps = [(socket) => socket.connect(), (socket) => socket.close(), () => settle()];
  for (let code = 0; code < 3 ** 4; code += 1) {
    const socket = new NotificationSocket({ socketPath: server.socketPath, reconnectBaseDelayMs: 1 });
    const seen = record(t, socket);
    for (let rest = code; rest > 0; rest = Math.floor(rest / 3)) {
      await steps[rest % 3](socket);
    }
    socket.connect();
    await until(() => socket.connected, `open after ${code}`);
    socket.close();
    await until(() => seen.of('close').length === seen.of('open').length || server.clients.size === 0, 'closed');
    assert.deepEqual(seen.of('error'), []);
    await until(() => server.clients.size === 0, `no connection after ${code}`);
  }
});

test('a server that does not answer a close is left after a while', async (t) => {
  const { socketPath } = await bareServer(t, ({ accept }) => accept());
  const socket = connectNotifications({ socketPath });
  const seen = record(t, socket);
  await seen.until('open');
  socket.close();
  assert.deepEqual(await seen.until('close'), [1006, '']);
  assert.deepEqual(seen.names(), ['open', 'close']);
});

test('a server that floods while it is being closed is not listened to', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept, closeCode }) => {
    accept();
    const pump = () => {
      while (!socket.destroyed && socket.write(frame(0x81, '{"n":1}'))) {}
    };
    socket.on('drain', pump);
    pump();
    closeCode.then(() => {
      socket.off('drain', pump);
      socket.end(frame(0x88, [0x03, 0xe8]));
    });
  });
  const socket = connectNotifications({ socketPath });
  const seen = record(t, socket, ['open', 'close', 'error']);
  await seen.until('open');
  socket.close();
  assert.deepEqual(await seen.until('close'), [1000, '']);
  assert.deepEqual(seen.names(), ['open', 'close']);
});

test('close after a refusal stops the attempts', async (t) => {
  let requests = 0;
  const { socketPath } = await httpServer(t, (_request, response) => {
    requests += 1;
    response.writeHead(403).end();
  });
  const socket = new NotificationSocket({ socketPath, ...LONG });
  const seen = record(t, socket);
  socket.on('error', () => socket.close());
  socket.connect();
  await seen.until('error');
  await within(socket[Symbol.asyncDispose](), 'rest');
  assert.equal(requests, 1);
  assert.deepEqual(
    seen.names().filter((name) => name !== 'close'),
    ['error'],
  );
});
