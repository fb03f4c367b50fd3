'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { httpServer, json, recordingServer } = require('./peers/http-server.js');
const { rawServer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

const silent = () => {};

/** The reasons that a signal may carry, and what the call must reject with. */
const REASONS = [
  ['none given', undefined, (error) => error instanceof DOMException && error.name === 'AbortError'],
  ['an error', new RangeError('enough'), (error, reason) => error === reason],
  ['a word', 'enough', (error, reason) => error === reason],
  ['null', null, (error, reason) => error === reason],
];

for (const [what, reason, holds] of REASONS) {
  test(`aborted before sending, reason: ${what}`, async (t) => {
    const peer = await recordingServer(t);
    const made = client(t, peer);
    const signal = AbortSignal.abort(reason);
    assert.ok(holds(await within(rejection(made.GET('/v1/environment', { signal })), 'the call'), reason));
    assert.equal(peer.accepted(), 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test(`aborted while waiting, reason: ${what}`, async (t) => {
    const peer = await rawServer(t, silent);
    const made = client(t, peer);
    const controller = new AbortController();
    const call = rejection(made.POST('/v1/object-cache', { body: { a: 1 }, signal: controller.signal }));
    await until(() => peer.heads() === 1, 'the request arrives');
    controller.abort(reason);
    assert.ok(holds(await within(call, 'the call'), reason));
    await until(() => peer.sockets.size === 0, 'the connection is freed');
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });

  test(`aborted while the body is on its way, reason: ${what}`, async (t) => {
    const peer = await rawServer(t, (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a":'));
    const made = client(t, peer);
    const controller = new AbortController();
    const call = rejection(made.GET('/v1/environment', { signal: controller.signal }));
    await until(() => peer.heads() === 1, 'the request arrives');
    controller.abort(reason);
    assert.ok(holds(await within(call, 'the call'), reason));
    await until(() => peer.sockets.size === 0, 'the connection is freed');
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });

  test(`aborted while the caller reads the stream, reason: ${what}`, async (t) => {
    const peer = await rawServer(t, (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst'));
    const made = client(t, peer);
    const controller = new AbortController();
    const { data } = await made.GET('/v1/environment', { parseAs: 'stream', signal: controller.signal });
    const reader = data.getReader();
    assert.equal(Buffer.from((await reader.read()).value).toString(), 'first');
    const read = rejection(reader.read());
    controller.abort(reason);
    assert.ok(holds(await within(read, 'the read'), reason));
    await until(() => peer.sockets.size === 0, 'the connection is freed');
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });
}

test('AbortSignal.timeout rejects with its TimeoutError', async (t) => {
  const peer = await rawServer(t, silent);
  const error = await within(
    rejection(client(t, peer).GET('/v1/environment', { signal: AbortSignal.timeout(20) })),
    'the call',
  );
  assert.ok(error instanceof DOMException);
  assert.equal(error.name, 'TimeoutError');
});

test('aborted while a body is being sent', async (t) => {
  const peer = await httpServer(t, (request) => request.on('error', () => {}).resume());
  const made = client(t, peer);
  const controller = new AbortController();
  let cancelled;
  const body = new ReadableStream({
    pull: (stream) => stream.enqueue(new Uint8Array(65_536)),
    cancel: (reason) => {
      cancelled = { reason };
    },
  });
  const call = rejection(
    made.POST('/v1/object-cache', { body, bodySerializer: (same) => same, duplex: 'half', signal: controller.signal }),
  );
  await until(() => peer.sockets.size === 1, 'the connection');
  controller.abort();
  assert.equal((await within(call, 'the call')).name, 'AbortError');
  await until(() => peer.sockets.size === 0, 'the connection is freed');
  await until(() => cancelled, 'the source is cancelled');
});

test('aborted while waiting for a connection of the pool', async (t) => {
  const peer = await rawServer(t, silent);
  const made = client(t, peer, { maxConnections: 1 });
  const first = new AbortController();
  const second = new AbortController();
  const one = rejection(made.GET('/v1/hub', { signal: first.signal }));
  await until(() => peer.heads() === 1, 'the first request');
  const two = rejection(made.GET('/v1/environment', { signal: second.signal }));
  second.abort(new RangeError('second'));
  assert.equal((await within(two, 'the second')).message, 'second');
  first.abort(new RangeError('first'));
  assert.equal((await within(one, 'the first')).message, 'first');
  assert.equal(peer.heads(), 1);
});

test('with middleware the signal counts too', async (t) => {
  const peer = await rawServer(t, silent);
  const made = client(t, peer);
  const seen = [];
  made.use({
    onRequest: ({ request }) => void seen.push(request.signal.aborted),
    onError: ({ error }) => void seen.push(error.name),
  });
  const controller = new AbortController();
  const call = rejection(made.GET('/v1/environment', { signal: controller.signal }));
  await until(() => peer.heads() === 1, 'the request arrives');
  controller.abort();
  assert.equal((await within(call, 'the call')).name, 'AbortError');
  assert.deepEqual(seen, [false, 'AbortError']);
  await until(() => peer.sockets.size === 0, 'the connection is freed');
});

test('an abort after the answer changes nothing', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const controller = new AbortController();
  const { data, response } = await made.GET('/v1/environment', { signal: controller.signal });
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  controller.abort();
  assert.deepEqual(data, { data: 'ok' });
  assert.equal(response.status, 200);
  assert.deepEqual((await made.GET('/v1/environment')).data, { data: 'ok' });
});

test('one signal for many calls: no listener is left, none of them is lost', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const { signal } = new AbortController();
  const warnings = [];
  const warn = (warning) => warnings.push(warning.name);
  process.on('warning', warn);
  t.after(() => process.off('warning', warn));
  for (let round = 0; round < 10; round++) {
    const results = await Promise.all(Array.from({ length: 20 }, () => made.GET('/v1/environment', { signal })));
    assert.ok(results.every(({ data }) => data.data === 'ok'));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }
  await made.GET('/v1/environment', { signal, middleware: [{ onRequest: () => undefined }] });
  await new Promise(setImmediate);
  assert.ok(getEventListeners(signal, 'abort').length <= 1, 'at most what a Request of Node holds weakly');
  assert.deepEqual(warnings, []);
});

test('one abort ends all calls of its signal and no other', async (t) => {
  const peer = await httpServer(t, (request, response) => {
    if (request.url === '/v1/hub') json(response, { data: 'hub' });
  });
  const made = client(t, peer);
  const controller = new AbortController();
  const calls = Array.from({ length: 30 }, () => rejection(made.GET('/v1/environment', { signal: controller.signal })));
  await until(() => peer.sockets.size > 0, 'connections');
  assert.equal((await made.GET('/v1/hub')).data.data, 'hub');
  controller.abort(new RangeError('all'));
  for (const error of await within(Promise.all(calls), 'all calls')) assert.equal(error.message, 'all');
  assert.equal((await made.GET('/v1/hub')).data.data, 'hub');
});
