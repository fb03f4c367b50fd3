'use strict';

// The oracle compares middleware call by call, on undici's classes. Here it runs on Node's own.

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');

const STATUSES = [200, 201, 204, 304, 404, 500];

const answering = (request, response) => {
  const status = Number(request.url.slice(4));
  if (status === 204 || status === 304) return response.writeHead(status).end();
  return json(response, { status }, status, { 'set-cookie': ['a=1', 'b=2'] });
};

test('a hook may give the received response back', async (t) => {
  const peer = await recordingServer(t, answering);
  const made = client(t, peer);
  let seen;
  made.use({
    onResponse({ response }) {
      assert.ok(response instanceof Response);
      seen = response;
      return response;
    },
  });
  for (const status of STATUSES) {
    const { data, error, response } = await made.GET(`/v1/${status}`);
    assert.equal(response, seen);
    assert.equal(response.status, status);
    if (status === 200 || status === 201) assert.deepEqual(data, { status });
    if (status >= 400) assert.deepEqual(error, { status });
  }
});

test('a hook may give the received request back', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  made.use({
    onRequest({ request }) {
      assert.ok(request instanceof Request);
      request.headers.set('x-hook', 'yes');
      return request;
    },
  });
  await made.POST('/v1/object-cache', { body: { a: 1 } });
  assert.equal(peer.requests[0].headers['x-hook'], 'yes');
  assert.equal(peer.requests[0].body.toString(), '{"a":1}');
});

test('a hook may give another request', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  made.use({ onRequest: ({ request }) => new Request(request, { headers: { 'x-only': '1' } }) });
  await made.POST('/v1/object-cache', { body: { a: 1 } });
  assert.equal(peer.requests[0].headers['x-only'], '1');
  assert.equal(peer.requests[0].headers['x-cycle-token'], undefined);
  assert.equal(peer.requests[0].body.toString(), '{"a":1}');
});

test('hooks may wait', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const order = [];
  made.use({
    async onRequest() {
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push('request');
    },
    async onResponse({ response }) {
      order.push((await response.clone().json()).data);
    },
  });
  assert.deepEqual((await made.GET('/v1/environment')).data, { data: 'ok' });
  assert.deepEqual(order, ['request', 'ok']);
});

test('onError may answer in place of a server that is not there', async (t) => {
  const made = client(t, { socketPath: '/nowhere.sock' });
  made.use({ onError: ({ error }) => Response.json({ code: error.code }) });
  const { data, response } = await made.GET('/v1/environment');
  assert.deepEqual(data, { code: 'ENOENT' });
  assert.equal(response.status, 200);
});

test('onRequest may answer: no server is asked', async (t) => {
  const made = client(t, { socketPath: '/nowhere.sock' });
  made.use({ onRequest: () => new Response('{"from":"cache"}') });
  assert.deepEqual((await made.GET('/v1/environment')).data, { from: 'cache' });
});

test('use() and eject() switch between calls', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const hook = { onRequest: ({ request }) => void request.headers.set('x-hook', 'yes') };
  const seen = async () => {
    await made.GET('/v1/environment');
    return peer.requests.at(-1).headers['x-hook'];
  };
  for (let i = 0; i < 3; i++) {
    assert.equal(await seen(), undefined);
    made.use(hook);
    assert.equal(await seen(), 'yes');
    made.eject(hook);
  }
  assert.equal(await seen(), undefined);
});

test('a hook that throws leaves no connection and no call behind', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer, { maxConnections: 1 });
  const failing = {
    onResponse() {
      throw new RangeError('hook');
    },
  };
  for (let i = 0; i < 5; i++) {
    const error = await rejection(made.GET('/v1/environment', { middleware: [failing] }));
    assert.equal(error.message, 'hook');
  }
  assert.deepEqual((await made.GET('/v1/environment')).data, { data: 'ok' });
});
