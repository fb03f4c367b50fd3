'use strict';

// What came before a connection was lost can be read, however long JavaScript was busy meanwhile.

const assert = require('node:assert/strict');
const { getEventListeners, once } = require('node:events');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { beBusy } = require('./peers/busy.js');
const { client, rejection } = require('./peers/client.js');
const { rawServer } = require('./peers/raw-server.js');
const { within } = require('./peers/until.js');

const EVENTS = ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'];
const ALL = EVENTS.join('');
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** A server in a thread of its own, which sends three events and then hangs up, while this thread is busy. */
const DROPPING = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { setTimeout: sleep } = require('node:timers/promises');
  const server = require('node:net').createServer(async (socket) => {
    socket.on('error', () => {});
    socket.once('data', async () => {
      socket.write('HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n');
      await sleep(30);
      for (const chunk of workerData.chunks) {
        socket.write(chunk);
        await sleep(10);
      }
      socket.destroy();
    });
  });
  server.listen(workerData.socketPath, () => parentPort.postMessage('ready'));
`;

async function droppingServer(t) {
  const { socketPath, server } = await rawServer(t, () => {});
  await new Promise((resolve) => server.close(resolve));
  const worker = new Worker(DROPPING, { eval: true, workerData: { socketPath, chunks: EVENTS.map(chunk) } });
  t.after(() => worker.terminate());
  await once(worker, 'message');
  return { socketPath };
}

/** Milliseconds in which the server has hung up. */
const HANGUP = 150;

const streamed = (t, peer, init) => client(t, peer).GET('/v1/server', { parseAs: 'stream', ...init });

/** Everything that can be read, and the error at its end. */
async function readAll(stream, mode) {
  const reader = stream.getReader(mode && { mode });
  let text = '';
  for (;;) {
    let read;
    try {
      read = await within(reader.read(mode && new Uint8Array(4)), 'a read');
    } catch (error) {
      return { text, code: error.code };
    }
    if (read.done) return { text, code: undefined };
    text += Buffer.from(read.value).toString();
  }
}

const LOST = { text: ALL, code: 'ECONNRESET' };

const READERS = {
  'with a reader': async ({ data }) => assert.deepEqual(await readAll(data), LOST),
  'with buffers of its own': async ({ data }) => assert.deepEqual(await readAll(data, 'byob'), LOST),
  'with for await': async ({ data }) => {
    let text = '';
    const loop = (async () => {
      for await (const bytes of data) text += Buffer.from(bytes).toString();
    })();
    assert.equal((await rejection(loop)).code, 'ECONNRESET');
    assert.equal(text, ALL);
  },
  'with pipeTo': async ({ data }) => {
    let text = '';
    let aborted;
    const sink = new WritableStream({
      write: (bytes) => {
        text += Buffer.from(bytes).toString();
      },
      abort: (reason) => {
        aborted = reason;
      },
    });
    assert.equal((await rejection(data.pipeTo(sink))).code, 'ECONNRESET');
    assert.equal(text, ALL);
    assert.equal(aborted.code, 'ECONNRESET');
  },
  'with tee': async ({ data }) =>
    assert.deepEqual(await Promise.all(data.tee().map((branch) => readAll(branch))), [LOST, LOST]),
};

for (const [how, read] of Object.entries(READERS)) {
  for (const [way, init] of Object.entries({ plainly: {}, 'with middleware': { middleware: [{ onResponse() {} }] } })) {
    test(`events before a lost connection are read ${how}, ${way}`, async (t) => {
      const result = await streamed(t, await droppingServer(t), init);
      beBusy(HANGUP);
      await read(result);
    });
  }
}

test('events before a lost connection are read by response and clone', async (t) => {
  const { response } = await streamed(t, await droppingServer(t));
  beBusy(HANGUP);
  const copy = response.clone();
  const [one, other] = await Promise.all([readAll(response.body), readAll(copy.body)]);
  assert.equal(one.text, ALL);
  assert.equal(other.text, ALL);
  assert.equal(one.code, 'ECONNRESET');
});

test('text() of a lost answer rejects', async (t) => {
  const { response } = await streamed(t, await droppingServer(t));
  beBusy(HANGUP);
  assert.equal((await rejection(response.text())).code, 'ECONNRESET');
});

test('nothing that came too late for a timeout is lost either', async (t) => {
  const peer = await rawServer(t, async (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    for (const event of EVENTS) socket.write(chunk(event));
  });
  const { data } = await client(t, peer, { timeoutMs: 200 }).GET('/v1/server', { parseAs: 'stream' });
  await sleep(400);
  assert.deepEqual(await readAll(data), { text: ALL, code: 'ERR_CYCLE_TIMEOUT' });
});

test('an abort does not wait for what came', async (t) => {
  const peer = await rawServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk(ALL)}`);
  });
  const controller = new AbortController();
  const { data } = await streamed(t, peer, { signal: controller.signal });
  await sleep(50);
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await rejection(data.getReader().read()), reason);
});

test('nor does it after the connection was lost', async (t) => {
  const controller = new AbortController();
  const { data } = await streamed(t, await droppingServer(t), { signal: controller.signal });
  beBusy(HANGUP);
  await sleep(50);
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await rejection(data.getReader().read()), reason);
});

for (const [how, leave] of Object.entries({ read: readAll, cancelled: (data) => data.cancel() })) {
  test(`no listener stays on the signal of a lost answer that was ${how}`, async (t) => {
    const { signal } = new AbortController();
    const { data } = await streamed(t, await droppingServer(t), { signal });
    beBusy(HANGUP);
    await sleep(50);
    await leave(data);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
}
