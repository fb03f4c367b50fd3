'use strict';

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { NotificationSocket, connectNotifications } = require('..');
const { bareServer, frame, record, wsServer } = require('./peers/notification-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until');

/**
 * Blocks this thread.
 *
 * @param {number} ms
 */
function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Writes buffers to a socket one after the other, as fast as they are taken.
 *
 * @param {import('node:net').Socket} socket
 * @param {Iterator<Uint8Array>} buffers
 */
function pour(socket, buffers) {
  const pump = () => {
    for (;;) {
      const { value, done } = buffers.next();
      if (done || socket.destroyed) {
        socket.off('drain', pump);
        return;
      }
      if (!socket.write(value)) {
        return;
      }
    }
  };
  socket.on('drain', pump);
  pump();
}

/**
 * Catches exceptions that would end the process, for one test.
 *
 * @param {import('node:test').TestContext} t
 */
function catchUncaught(t) {
  /** @type {any[]} */
  const caught = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => caught.push(error));
  t.after(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) {
      process.on('uncaughtException', listener);
    }
  });
  return caught;
}

test('only topics that were asked for reach JavaScript', async (t) => {
  const messages = [
    '{"topic":"container.new","n":1}',
    '{"topic":"container.instance.state.changed","n":2}',
    '{"topic":"containers.new","n":3}',
    '{"n":4,"object":{"topic":"container.new"},"topic":"job.error"}',
    '{"n":5,"object":{"topic":"hub.new"},"topic":"job.new"}',
    '{"topic":"hub.new","topic":"job.new","n":6}',
    '{"topic":"job.new","topic":"hub.new","n":7}',
    '{"t\\u006fpic":"jo\\u0062.new","n":8}',
    ' { "n" : 9 , "topic" : "job.new" } ',
    '{"n":10}',
    '[]',
    '{"topic":"hub.new","n":11',
    '{"topic":"job.new","n":12}',
  ];
  const { socketPath } = await wsServer(t, (peer) => {
    for (const message of messages) {
      peer.send(message);
    }
  });
  const seen = record(t, connectNotifications({ socketPath, topics: ['container.*', 'job.new'] }));
  await until(() => seen.of('notification').at(-1)?.[0].n === 12, 'the last message');
  assert.deepEqual(
    seen.of('notification').map(([{ n }]) => n),
    [1, 2, 5, 6, 8, 9, 12],
  );
  assert.deepEqual(
    seen.of('raw').map(([text]) => text),
    [0, 1, 4, 5, 7, 8, 11, 12].map((index) => messages[index]),
  );
  assert.equal(seen.of('error').length, 1, 'broken JSON is not dropped');
});

test('the topic filter agrees with JSON.parse on odd messages', async (t) => {
  const odd = [
    '{"topic":"a","x":1e999}',
    '{"topic":"a","x":"\\ud800"}',
    '{"topic":"a","x":-0.0e-0}',
    `{"x":${'['.repeat(5000)}${']'.repeat(5000)},"topic":"a"}`,
    '{"topic":"a","x":"\u007f\u2028"}',
    '{"topic":"a","x":"\u001f"}',
    '{"topic":"a","x":01}',
    '{"topic":"a","x":1.}',
    '{"topic":"a",}',
    '{"topic":"a"}\u00a0',
    '{"__proto__":{"topic":"a"}}',
    '{"topic":["a"]}',
    '{"topic":"b"}',
    '{"topic":"a","topic":{}}',
  ];
  const expected = odd.filter((message) => {
    try {
      return JSON.parse(message).topic === 'a';
    } catch {
      return true;
    }
  });
  const { socketPath } = await wsServer(t, (peer) => {
    for (const message of [...odd, '{"topic":"a","last":true}']) {
      peer.send(message);
    }
  });
  const seen = record(t, connectNotifications({ socketPath, topics: ['a'] }));
  await until(() => seen.of('notification').at(-1)?.[0].last, 'the last message');
  assert.deepEqual(
    seen.of('raw').slice(0, -1),
    expected.map((message) => [message]),
  );
});

test('a message of 16 MB', async (t) => {
  const text = `"${'ä'.repeat(8 << 20)}"`;
  const { socketPath } = await wsServer(t, (peer) => peer.send(text));
  const seen = record(t, connectNotifications({ socketPath }));
  const [value] = await seen.until('notification');
  assert.equal(value.length, 8 << 20);
});

test('a million tiny messages arrive complete and in order', async (t) => {
  const count = 1_000_000;
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    accept();
    pour(
      socket,
      (function* () {
        for (let n = 0; n < count; n += 10_000) {
          yield Buffer.concat(Array.from({ length: 10_000 }, (_, index) => frame(0x81, String(n + index))));
        }
      })(),
    );
  });
  const socket = new NotificationSocket({ socketPath, reconnect: false });
  t.after(() => socket.close());
  let next = 0;
  let misplaced = 0;
  socket.on('notification', (n) => {
    misplaced += n === next ? 0 : 1;
    next += 1;
  });
  socket.connect();
  await until(() => next === count, 'all messages');
  assert.equal(misplaced, 0);
});

/**
 * Runs a server on a thread of its own, so that it goes on while this one is blocked.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} script has `peers`, `socketPath`, `data` and `scope`
 * @param {unknown} [data]
 */
async function serverThread(t, script, data) {
  const socketPath = temporarySocketPath(t);
  const source = `const { workerData: { data, module, socketPath }, parentPort } = require('node:worker_threads');
    const peers = require(module);
    const scope = { after() {} };
    (async () => { ${script} })().then(() => parentPort.postMessage('ready'));`;
  const module = require.resolve('./peers/notification-server');
  const worker = new Worker(source, { eval: true, workerData: { data, module, socketPath } });
  t.after(() => worker.terminate());
  await within(EventEmitter.once(worker, 'message'), 'the server');
  return socketPath;
}

test('a thread blocked for two seconds during a flood loses nothing, and memory stays bounded', async (t) => {
  const count = 400_000;
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const socketPath = await serverThread(
    t,
    `const padding = 'x'.repeat(280);
    await peers.bareServer(scope, ({ socket, accept }) => {
      accept();
      let n = 0;
      const pump = () => {
        while (n < data.count) {
          const frames = [];
          for (const end = n + 500; n < end; n += 1) {
            frames.push(peers.frame(0x81, JSON.stringify({ n, padding })));
          }
          const more = socket.write(Buffer.concat(frames));
          Atomics.store(data.sent, 0, socket.bytesWritten - socket.writableLength);
          if (!more) return;
        }
      };
      socket.on('drain', pump);
      pump();
    }, socketPath);`,
    { count, sent },
  );
  const socket = new NotificationSocket({ socketPath, reconnect: false, highWaterMark: 4 << 20 });
  t.after(() => socket.close());
  let next = 0;
  let misplaced = 0;
  let readAhead = 0;
  /** @type {any} */
  let failure;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('notification', ({ n }) => {
    misplaced += n === next ? 0 : 1;
    if (next === 1000) {
      block(2000);
      readAhead = Atomics.load(sent, 0);
    }
    next += 1;
  });
  socket.connect();
  await until(() => next === count || failure, 'all messages');
  assert.equal(failure, undefined);
  assert.equal(misplaced, 0);
  // The mark, a batch with the listener, what the kernel holds and what the server has begun to write.
  assert.ok(readAhead > 4 << 20 && readAhead < 8 << 20, `${readAhead} bytes were sent ahead of ${count * 300}`);
});

test('messages, failures and ends of connections keep their order while the thread is blocked', async (t) => {
  const socketPath = await serverThread(
    t,
    `let connections = 0;
    await peers.wsServer(scope, (peer) => {
      connections += 1;
      peer.send(String(connections * 10));
      peer.send(Buffer.from('x'));
      peer.send(String(connections * 10 + 1));
      if (connections < 3) peer.close(4000 + connections);
    }, socketPath);`,
  );
  const seen = record(t, connectNotifications({ socketPath, reconnectBaseDelayMs: 1 }));
  block(1000);
  await until(() => seen.of('notification').length === 6, 'six messages');
  const one = ['open', 'raw', 'notification', 'error', 'raw', 'notification'];
  assert.deepEqual(seen.names(), [...one, 'close', 'reconnecting', ...one, 'close', 'reconnecting', ...one]);
  assert.deepEqual(seen.of('notification').flat(), [10, 11, 20, 21, 30, 31]);
  assert.deepEqual(seen.of('close'), [
    [4001, ''],
    [4002, ''],
  ]);
});

test('a listener that throws is an uncaught exception and loses no message', async (t) => {
  const caught = catchUncaught(t);
  const { socketPath } = await wsServer(t, (peer) => {
    for (let n = 0; n < 10; n += 1) {
      peer.send(String(n));
    }
  });
  const socket = new NotificationSocket({ socketPath });
  /** @type {[string, any][]} */
  const seen = [];
  socket.on('raw', (text) => {
    seen.push(['raw', text]);
    if (text === '3') {
      throw new Error('raw 3');
    }
  });
  socket.on('notification', (n) => {
    seen.push(['notification', n]);
    if (n === 5) {
      throw new Error('notification 5');
    }
  });
  socket.on('notification', (n) => seen.push(['second listener', n]));
  socket.on('open', () => {
    throw new Error('open');
  });
  t.after(() => socket.close());
  socket.connect();
  await until(() => seen.at(-1)?.[1] === 9 && seen.at(-1)?.[0] === 'second listener', 'the last message');
  assert.deepEqual(
    caught.map(({ message }) => message),
    ['open', 'raw 3', 'notification 5'],
  );
  const expected = Array.from({ length: 10 }, (_, n) => [
    ['raw', String(n)],
    ['notification', n],
    // As in any emitter, the listeners after one that throws are not called.
    ...(n === 5 ? [] : [['second listener', n]]),
  ]).flat();
  assert.deepEqual(seen, expected);
});

test('an exception surfaces before the next message is delivered', async (t) => {
  const caught = catchUncaught(t);
  const { socketPath } = await wsServer(t, (peer) => {
    peer.send('1');
    peer.send('2');
  });
  const socket = new NotificationSocket({ socketPath });
  t.after(() => socket.close());
  /** @type {number[]} */
  const caughtBefore = [];
  socket.on('notification', (n) => {
    caughtBefore.push(caught.length);
    if (n === 1) {
      throw new Error('one');
    }
  });
  socket.connect();
  await until(() => caughtBefore.length === 2, 'two messages');
  assert.deepEqual(caughtBefore, [0, 1]);
});

test('an error without a listener is uncaught, as in any emitter', async (t) => {
  const caught = catchUncaught(t);
  const { socketPath } = await wsServer(t, (peer) => {
    peer.send('{');
    peer.send('1');
  });
  const socket = connectNotifications({ socketPath });
  t.after(() => socket.close());
  await within(EventEmitter.once(new Forward(socket), 'notification'), 'the message after it');
  assert.equal(caught.length, 1);
  assert.match(caught[0].message, /^failed to parse notification/);
});

/** Forwards notifications without listening for errors. */
class Forward extends EventEmitter {
  /** @param {NotificationSocket} socket */
  constructor(socket) {
    super();
    socket.on('notification', (value) => this.emit('notification', value));
  }
}

test('captureRejections is honoured', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.send('1'));
  const socket = new NotificationSocket(/** @type {any} */ ({ socketPath, captureRejections: true }));
  const seen = record(t, socket, ['error']);
  socket.on('notification', async () => {
    throw new Error('rejected');
  });
  socket.connect();
  const [error] = await seen.until('error');
  assert.equal(error.message, 'rejected');

  EventEmitter.captureRejections = true;
  t.after(() => {
    EventEmitter.captureRejections = false;
  });
  const second = new NotificationSocket({ socketPath });
  /** @type {Promise<any>} */
  const rejected = new Promise((resolve) => {
    /** @type {any} */ (second)[Symbol.for('nodejs.rejection')] = resolve;
  });
  second.on('notification', async () => {
    throw new Error('also rejected');
  });
  t.after(() => second.close());
  second.connect();
  assert.equal((await within(rejected, 'the rejection')).message, 'also rejected');
});

test('timers and other sockets have their turn during a flood', async (t) => {
  let stop = false;
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    accept();
    const chunk = Buffer.concat(Array(2000).fill(frame(0x81, '{"topic":"a.b"}')));
    pour(
      socket,
      (function* () {
        while (!stop) {
          yield chunk;
        }
      })(),
    );
  });
  const socket = connectNotifications({ socketPath });
  t.after(() => socket.close());
  let messages = 0;
  socket.on('notification', () => {
    messages += 1;
  });
  for (let turn = 0; turn < 20; turn += 1) {
    await within(new Promise((resolve) => setTimeout(resolve, 1)), 'a timer');
  }
  await until(() => messages > 10_000, 'messages');
  stop = true;
});
