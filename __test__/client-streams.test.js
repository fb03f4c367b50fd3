'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');
const { client, rejection } = require('./peers/client.js');
const { httpServer, json } = require('./peers/http-server.js');
const { rawServer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

const CHUNK = Buffer.alloc(64 * 1024, 'x');
const raw = { bodySerializer: (same) => same, duplex: 'half' };

/** A peer that writes as much as it is allowed to, and counts. */
async function pouringServer(t) {
  const count = { written: 0, stalled: 0 };
  const peer = await httpServer(t, async (_request, response) => {
    const gone = once(response, 'close');
    while (!response.destroyed && count.written < 256 * 1024 * 1024) {
      count.written += CHUNK.length;
      if (!response.write(CHUNK)) {
        count.stalled += 1;
        await Promise.race([once(response, 'drain'), gone]);
      }
    }
    response.end();
  });
  return { peer, count };
}

/** Waits until a number has stopped to change. */
async function settled(read) {
  let last = -1;
  await until(async () => {
    const before = last;
    last = read();
    await sleep(150);
    return before === last && read() === last;
  }, 'it stands still');
  return last;
}

test('a stream that nobody reads stops the server', async (t) => {
  const { peer, count } = await pouringServer(t);
  const { data } = await client(t, peer).GET('/v1/server', { parseAs: 'stream' });
  const stoppedAt = await settled(() => count.written);
  assert.ok(stoppedAt < 16 * 1024 * 1024, `${stoppedAt} bytes were taken in advance`);
  const reader = data.getReader();
  let read = 0;
  while (read < 32 * 1024 * 1024) read += (await within(reader.read(), 'a read')).value.byteLength;
  assert.ok(count.written > stoppedAt, 'reading lets it go on');
  assert.ok(count.written - read < 16 * 1024 * 1024, 'but not far ahead');
  await reader.cancel();
  await until(() => peer.sockets.size === 0, 'cancel frees the connection');
});

test('so does a response whose body is not read with middleware', async (t) => {
  const { peer, count } = await pouringServer(t);
  const made = client(t, peer);
  made.use({ onResponse: () => undefined });
  const { response } = await made.GET('/v1/server', { parseAs: 'stream' });
  assert.ok((await settled(() => count.written)) < 16 * 1024 * 1024);
  await response.body.cancel();
  await until(() => peer.sockets.size === 0, 'cancel frees the connection');
});

test('chunks arrive as they are sent, not at the end', async (t) => {
  let send;
  const peer = await httpServer(t, (_request, response) => {
    response.writeHead(200);
    send = (text) => (text ? response.write(text) : response.end());
    response.flushHeaders();
  });
  const { data } = await within(client(t, peer).GET('/v1/server', { parseAs: 'stream' }), 'the head');
  const reader = data.getReader();
  for (const text of ['one', 'two', 'three']) {
    send(text);
    assert.equal(Buffer.from((await within(reader.read(), text)).value).toString(), text);
  }
  send();
  assert.equal((await within(reader.read(), 'the end')).done, true);
});

test('decoded chunks arrive as they are sent too', async (t) => {
  const gzip = zlib.createGzip({ flush: zlib.constants.Z_SYNC_FLUSH });
  const peer = await httpServer(t, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    gzip.pipe(response);
    gzip.write('first ');
  });
  const { data } = await within(client(t, peer).GET('/v1/server', { parseAs: 'stream' }), 'the head');
  const reader = data.getReader();
  assert.equal(Buffer.from((await within(reader.read(), 'the first chunk')).value).toString(), 'first ');
  gzip.end('last');
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) rest += Buffer.from(part.value);
  assert.equal(rest, 'last');
});

test('a finished stream gives its connection back', async (t) => {
  const peer = await httpServer(t, (_request, response) => response.end(CHUNK));
  const made = client(t, peer);
  for (let i = 0; i < 10; i++) {
    const { data } = await made.GET('/v1/server', { parseAs: 'stream' });
    assert.equal((await new Response(data).arrayBuffer()).byteLength, CHUNK.length);
  }
  assert.equal(peer.accepted(), 1);
});

for (const [what, hangUp] of Object.entries({
  ends: (socket) => socket.end(),
  resets: (socket) => socket.destroy(),
})) {
  test(`the server ${what} in the middle of a stream`, async (t) => {
    let socket;
    const peer = await rawServer(t, (one) => {
      socket = one;
      one.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst');
    });
    const { data } = await client(t, peer).GET('/v1/server', { parseAs: 'stream' });
    const reader = data.getReader();
    assert.equal(Buffer.from((await reader.read()).value).toString(), 'first');
    hangUp(socket);
    const error = await within(rejection(reader.read()), 'the read');
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, 'ECONNRESET');
    assert.deepEqual([error.method, error.path, error.socketPath], ['GET', '/v1/server', peer.socketPath]);
  });
}

test('a streamed upload waits for a slow server', async (t) => {
  let resume;
  const peer = await httpServer(t, (request, response) => {
    let size = 0;
    resume = () => request.on('data', (chunk) => (size += chunk.length)).on('end', () => json(response, { size }));
  });
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      pulled += CHUNK.length;
      controller.enqueue(CHUNK);
      if (pulled >= 32 * 1024 * 1024) controller.close();
    },
  });
  const call = client(t, peer).POST('/v1/object-cache', { body, ...raw });
  await until(() => resume, 'the request');
  const stoppedAt = await settled(() => pulled);
  assert.ok(stoppedAt < 16 * 1024 * 1024, `${stoppedAt} bytes were pulled in advance`);
  resume();
  assert.deepEqual((await within(call, 'the call')).data, { size: pulled });
  assert.equal(pulled, 32 * 1024 * 1024);
});

test('a streamed upload is seen piece by piece, and its answer may come meanwhile', async (t) => {
  const peer = await httpServer(t, (request, response) => request.pipe(response));
  let controller;
  const body = new ReadableStream({
    start: (one) => {
      controller = one;
    },
  });
  const call = client(t, peer).POST('/v1/object-cache', { body, ...raw, parseAs: 'stream' });
  controller.enqueue(Buffer.from('one'));
  const { data } = await within(call, 'the head');
  const reader = data.getReader();
  assert.equal(Buffer.from((await within(reader.read(), 'one')).value).toString(), 'one');
  controller.enqueue(Buffer.from('two'));
  assert.equal(Buffer.from((await within(reader.read(), 'two')).value).toString(), 'two');
  controller.close();
  assert.equal((await within(reader.read(), 'the end')).done, true);
});

test('a source that fails ends the call, and the server sees no whole body', async (t) => {
  let ended = false;
  let closed = false;
  const peer = await httpServer(t, (request) => {
    request
      .on('end', () => (ended = true))
      .on('error', () => {})
      .on('close', () => (closed = true))
      .resume();
  });
  const failure = new RangeError('dry');
  let pulls = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (++pulls < 4) controller.enqueue(CHUNK);
      else controller.error(failure);
    },
  });
  const error = await within(rejection(client(t, peer).POST('/v1/object-cache', { body, ...raw })), 'the call');
  assert.ok(error instanceof TypeError || error === failure);
  if (error !== failure) assert.equal(error.cause, failure);
  await until(() => closed, 'the request is closed');
  assert.equal(ended, false);
});

test('a server that hangs up during an upload ends the call and the source', async (t) => {
  const peer = await httpServer(t, (request) => request.once('data', () => request.socket.destroy()));
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(CHUNK),
    cancel: () => {
      cancelled = true;
    },
  });
  const error = await within(rejection(client(t, peer).POST('/v1/object-cache', { body, ...raw })), 'the call');
  assert.ok(error instanceof TypeError);
  assert.ok(['ECONNRESET', 'EPIPE'].includes(error.code), error.code);
  await until(() => cancelled, 'the source is cancelled');
});

test('a source of something else than bytes ends the call', async (t) => {
  const peer = await httpServer(t, (request, response) => request.on('error', () => {}).pipe(response));
  const body = new ReadableStream({ pull: (controller) => controller.enqueue('text') });
  const error = await within(rejection(client(t, peer).POST('/v1/object-cache', { body, ...raw })), 'the call');
  assert.ok(error instanceof TypeError);
});
