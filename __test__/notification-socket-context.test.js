'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { test } = require('node:test');
const { NotificationSocket } = require('..');
const { record, wsServer } = require('./peers/notification-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { within } = require('./peers/until');

const EVENTS = /** @type {const} */ (['open', 'raw', 'notification', 'error', 'close', 'reconnecting']);

/** @type {AsyncLocalStorage<string>} */
const storage = new AsyncLocalStorage();

/**
 * The contexts that the listeners of a socket were called in, by event.
 *
 * @param {any} socket
 */
function contexts(socket) {
  /** @type {Record<string, Set<string | undefined>>} */
  const seen = {};
  for (const name of EVENTS) {
    seen[name] = new Set();
    socket.on(name, () => seen[name].add(storage.getStore()));
  }
  return seen;
}

test('listeners run in the context of connect, wherever the socket was made and they were added', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => {
    for (let n = 0; n < 1000; n += 1) {
      peer.send(String(n));
    }
    peer.send('{');
    peer.close(1001);
  });
  const socket = storage.run('constructor', () => new NotificationSocket({ socketPath, reconnectBaseDelayMs: 1 }));
  const seen = storage.run('listener', () => record(t, socket));
  const where = storage.run('listener', () => contexts(socket));
  storage.run('connect', () => socket.connect());
  storage.run('no effect', () => socket.connect());
  await seen.until('reconnecting', 2);
  await seen.until('open', 3);
  storage.run('close', () => socket.close());
  await seen.until('close', 3);
  for (const name of EVENTS) {
    assert.deepEqual([...where[name]], ['connect'], name);
  }
});

test('the context is that of the last connect that had an effect', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.send('1'));
  const socket = new NotificationSocket({ socketPath });
  const seen = record(t, socket);
  for (const [n, context] of ['first', 'second', 'third'].entries()) {
    const where = contexts(socket);
    storage.run(context, () => socket.connect());
    await seen.until('notification', n + 1);
    socket.close();
    await seen.until('close', n + 1);
    assert.deepEqual([...where.notification, ...where.close], [context, context]);
  }
});

test('a failure is told in the context of connect', async (t) => {
  const socket = new NotificationSocket({ socketPath: temporarySocketPath(t), reconnect: false });
  const seen = record(t, socket);
  const where = contexts(socket);
  storage.run('connect', () => socket.connect());
  await seen.until('close');
  assert.deepEqual([...where.error, ...where.close], ['connect', 'connect']);
});

test('a loop has its own context and leaves it to nobody else', async (t) => {
  const count = 5_000;
  const { socketPath } = await wsServer(t, (peer) => {
    for (let n = 0; n < count; n += 1) {
      peer.send(String(n));
    }
  });
  const socket = new NotificationSocket({ socketPath });
  const where = contexts(socket);
  /** @param {string} name */
  const loop = async (name) => {
    let taken = 0;
    for await (const _ of socket) {
      assert.equal(storage.getStore(), name);
      taken += 1;
      // Slow now and then, so that the stream is held back and goes on because of this loop.
      if (taken % 500 === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (taken === count) {
        break;
      }
    }
    assert.equal(storage.getStore(), name);
  };
  const loops = ['one request', 'another request'].map((name) => storage.run(name, () => loop(name)));
  storage.run('connect', () => socket.connect());
  await within(Promise.all(loops), 'both loops');
  socket.close();
  assert.deepEqual([...where.raw, ...where.notification], ['connect', 'connect']);
});

test('a signal that aborts in another context ends the stream in that of connect', async (t) => {
  const { socketPath } = await wsServer(t, () => {});
  const controller = new AbortController();
  const socket = new NotificationSocket({ socketPath, signal: controller.signal });
  const seen = record(t, socket);
  const where = contexts(socket);
  storage.run('connect', () => socket.connect());
  await seen.until('open');
  storage.run('abort', () => controller.abort());
  await seen.until('close');
  assert.deepEqual([...where.close], ['connect']);
});
