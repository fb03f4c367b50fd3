'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { test } = require('node:test');
const { NotificationSocket, connectNotifications } = require('..');
const { record, wsServer } = require('./peers/notification-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until');

/**
 * @param {import('node:test').TestContext} t
 * @param {number} count messages for each connection
 */
function counting(t, count) {
  return wsServer(t, (peer) => {
    for (let n = 0; n < count; n += 1) {
      peer.send(String(n));
    }
  });
}

/**
 * @param {AsyncIterable<any>} source
 * @param {(value: any) => unknown} [onValue]
 */
async function collect(source, onValue = () => {}) {
  const values = [];
  for await (const value of source) {
    values.push(value);
    await onValue(value);
  }
  return values;
}

test('a loop gets every notification until the socket is closed', async (t) => {
  const { socketPath } = await counting(t, 100);
  const socket = connectNotifications({ socketPath });
  const values = await within(
    collect(socket, (n) => {
      if (n === 99) {
        socket.close();
      }
    }),
    'the end of the loop',
  );
  assert.deepEqual(
    values,
    Array.from({ length: 100 }, (_, n) => n),
  );
});

test('a slow loop holds the stream back and loses nothing', async (t) => {
  const count = 20_000;
  const { socketPath } = await counting(t, count);
  const socket = connectNotifications({ socketPath, highWaterMark: 1024 });
  let delivered = 0;
  socket.on('notification', () => {
    delivered += 1;
  });
  const iterator = socket[Symbol.asyncIterator]();
  await until(() => delivered >= 256, 'a first batch');
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(delivered < 3_000, `${delivered} were delivered although nobody took them`);
  let next = 0;
  for await (const n of { [Symbol.asyncIterator]: () => iterator }) {
    assert.equal(n, next);
    next += 1;
    if (next === count) {
      break;
    }
  }
  assert.equal(next, count);
  assert.equal(socket.connected, true, 'leaving a loop does not close');
  socket.close();
});

test('an iterator that was made before connecting waits, one that comes after the end is done', async (t) => {
  const { socketPath } = await counting(t, 1);
  const socket = new NotificationSocket({ socketPath });
  const iterator = socket[Symbol.asyncIterator]();
  const first = iterator.next();
  socket.connect();
  assert.deepEqual(await within(first, 'a value'), { value: 0, done: false });
  const second = iterator.next();
  const third = iterator.next();
  socket.close();
  assert.deepEqual(
    await within(Promise.all([second, third]), 'the end'),
    Array(2).fill({ value: undefined, done: true }),
  );
  assert.deepEqual(await within(collect(socket), 'a loop over a closed socket'), []);
});

test('several loops each get everything', async (t) => {
  const { socketPath } = await counting(t, 50);
  const socket = connectNotifications({ socketPath });
  const all = Promise.all([collect(socket), collect(socket)]);
  const seen = record(t, socket);
  await seen.until('notification', 50);
  socket.close();
  const [one, two] = await within(all, 'both loops');
  assert.deepEqual(one, two);
  assert.equal(one.length, 50);
});

test('a loop goes on over a lost connection', async (t) => {
  let connections = 0;
  const { socketPath } = await wsServer(t, (peer) => {
    connections += 1;
    const number = connections;
    peer.send(String(number), () => {
      if (number < 4) {
        peer.terminate();
      }
    });
  });
  const socket = connectNotifications({ socketPath, reconnectBaseDelayMs: 1 });
  const values = await within(
    collect(socket, (n) => {
      if (n === 4) {
        socket.close();
      }
    }),
    'the end of the loop',
  );
  assert.equal(values.at(-1), 4);
});

test('gaps are marked for loops that ask for it', async (t) => {
  let connections = 0;
  const { socketPath } = await wsServer(t, (peer) => {
    connections += 1;
    peer.send(String(connections));
    if (connections === 2) {
      peer.send('{');
      peer.send(Buffer.from('binary'));
      peer.send('"after"');
    }
    if (connections < 5) {
      peer.close(1012);
    }
  });
  const socket = new NotificationSocket({ socketPath, reconnectBaseDelayMs: 1 });
  const seen = record(t, socket);
  /** @param {AsyncIterable<any>} source */
  const untilFive = (source) =>
    collect(source, (value) => {
      if (value === 5) {
        socket.close();
      }
    });
  const loops = Promise.all([
    untilFive(socket.iterate({ gaps: true })),
    untilFive(socket.iterate()),
    untilFive(socket),
  ]);
  socket.connect();
  const [marked, ...plain] = await within(loops, 'all loops');
  const gap = { gap: true };
  assert.deepEqual(marked, [1, gap, 2, gap, 'after', gap, 3, gap, 4, gap, 5]);
  assert.deepEqual(plain, Array(2).fill([1, 2, 'after', 3, 4, 5]));
  assert.ok(Object.isFrozen(marked[1]));
  assert.deepEqual(
    seen.of('open').map(([{ reconnected }]) => reconnected),
    [false, true, true, true, true],
  );
  assert.throws(() => socket.iterate(/** @type {any} */ ({ gaps: 1 })), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('an iterator that nobody reads keeps one mark for gaps without a notification between them', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.close(1012));
  const socket = connectNotifications({ socketPath, reconnectBaseDelayMs: 0, reconnectMaxDelayMs: 0 });
  const seen = record(t, socket);
  const iterator = socket.iterate({ gaps: true });
  await seen.until('open', 10);
  socket.close();
  assert.deepEqual(await collect(iterator), [{ gap: true }]);
});

test('throw ends an iterator, drops what waits in it and rejects with the reason', async (t) => {
  const { socketPath } = await counting(t, 10);
  const socket = connectNotifications({ socketPath });
  const seen = record(t, socket);
  const iterator = socket.iterate();
  await seen.until('notification', 10);
  assert.deepEqual(await iterator.next(), { value: 0, done: false });
  const reason = new Error('thrown');
  await assert.rejects(/** @type {Promise<any>} */ (iterator.throw?.(reason)), reason);
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  assert.equal(socket.connected, true);
  // As generators do it, with what awaits a value at the time.
  const other = socket.iterate();
  const awaited = other.next();
  await assert.rejects(/** @type {Promise<any>} */ (other.throw?.(reason)), reason);
  assert.deepEqual(await within(awaited, 'the end'), { value: undefined, done: true });
});

test('a loop goes on over an invalid message', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => {
    peer.send('{');
    peer.send('1');
  });
  const socket = connectNotifications({ socketPath });
  for await (const value of socket) {
    assert.equal(value, 1);
    break;
  }
  socket.close();
});

test('a loop throws when the stream ends with a failure, and ends when the server closes', async (t) => {
  const failing = connectNotifications({ socketPath: temporarySocketPath(t), reconnect: false });
  await assert.rejects(within(collect(failing), 'the loop'), { code: 'ENOENT' });
  const { socketPath } = await wsServer(t, (peer) => {
    peer.send('1');
    peer.close(1001);
  });
  const closing = connectNotifications({ socketPath, reconnect: false });
  assert.deepEqual(await within(collect(closing), 'the loop'), [1]);
});

test('a signal closes the socket, ends loops with its reason, and keeps no listener', async (t) => {
  const server = await counting(t, 3);
  const controller = new AbortController();
  const socket = connectNotifications({ socketPath: server.socketPath, signal: controller.signal });
  const seen = record(t, socket);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
  const loop = collect(socket, (n) => {
    if (n === 2) {
      controller.abort(new Error('enough'));
    }
  });
  await assert.rejects(within(loop, 'the loop'), { message: 'enough' });
  assert.deepEqual(await seen.until('close'), [1005, '']);
  assert.deepEqual(seen.of('error'), []);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  await until(() => server.clients.size === 0, 'the end of the connection');
  assert.equal(socket.connect(), socket);
  await assert.rejects(within(collect(socket), 'a loop after the abort'), { message: 'enough' });
  assert.equal(server.clients.size, 0);
});

test('the listener on the signal goes with the connection', async (t) => {
  const { socketPath } = await counting(t, 0);
  const { signal } = new AbortController();
  const socket = connectNotifications({ socketPath, signal });
  const seen = record(t, socket);
  await seen.until('open');
  socket.close();
  await until(() => getEventListeners(signal, 'abort').length === 0, 'no listener');
});

test('asyncDispose closes and waits for the end', async (t) => {
  const { socketPath } = await counting(t, 1);
  const socket = connectNotifications({ socketPath });
  const seen = record(t, socket);
  await seen.until('notification');
  await within(socket[Symbol.asyncDispose](), 'the disposal');
  assert.deepEqual(seen.of('close'), [[1005, '']]);
  await within(socket[Symbol.asyncDispose](), 'a second disposal');
  await within(new NotificationSocket({ socketPath })[Symbol.asyncDispose](), 'the disposal of an idle one');
});
