'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { connectNotifications } = require('../..');
const { TOKEN, client, rejection } = require('../peers/client.js');
const { goMissing, goServer } = require('../peers/go-server.js');
const { record } = require('../peers/notification-server.js');
const { until, within } = require('../peers/until.js');

const skip = goMissing();
const identity = (same) => same;

test("Go's net/http", { skip }, async (t) => {
  const peer = await goServer(t);
  const made = client(t, peer);
  const counts = async () => (await made.GET('/counts')).data;

  await t.test('requests arrive as they were made', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { data } = await made[method]('/echo', { params: { query: { q: 'a b' } }, headers: { 'x-own': 'ä' } });
      const { method: seen, target, host, token, length, chunked } = data;
      assert.deepEqual([seen, target, host, token], [method, '/echo?q=a%20b', 'localhost', TOKEN]);
      assert.deepEqual([length, chunked], [0, false]);
    }
  });

  await t.test('bodies with a length and in chunks', async () => {
    const body = Buffer.alloc(5_000_000, 'body');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const known = await made.PUT('/echo', { body, bodySerializer: identity });
    assert.deepEqual([known.data.length, known.data.sha256], [body.length, sha256]);
    const stream = new Blob([body]).stream();
    const streamed = await made.POST('/echo', { body: stream, bodySerializer: identity, duplex: 'half' });
    assert.deepEqual([streamed.data.length, streamed.data.chunked, streamed.data.sha256], [-1, true, sha256]);
  });

  await t.test('one connection for calls one after the other, whatever the kind of answer', async () => {
    const before = await counts();
    for (const path of ['/echo', '/chunked', '/trailers', '/gzip', '/interim', '/status/204', '/status/404']) {
      await made.GET(path, { parseAs: 'text' });
      await made.HEAD(path);
    }
    assert.equal((await counts()).connections, before.connections);
  });

  await t.test('chunks, trailers, interim answers, an end by closing', async () => {
    assert.equal((await made.GET('/chunked')).data, 'x'.repeat(11_111));
    assert.equal((await made.GET('/trailers')).data, 'before');
    const { data, response } = await made.GET('/interim');
    assert.deepEqual([data, response.status, response.headers.get('link')], ['final', 200, null]);
    assert.equal((await made.GET('/until-closed')).data, 'y'.repeat(300_000));
  });

  await t.test('compressed answers, flushed in parts', async () => {
    const { data, response } = await made.GET('/gzip');
    assert.deepEqual([data, response.headers.get('content-encoding')], [['zip'.repeat(100_000)], 'gzip']);
  });

  await t.test('large answers', async () => {
    for (const query of [{ bytes: 20_000_000 }, { bytes: 20_000_000, length: '' }]) {
      const { data, response } = await made.GET('/large', { params: { query } });
      assert.equal(data.length, 20_000_000 - 2);
      assert.equal(response.headers.get('content-length'), 'length' in query ? '20000000' : null);
    }
    const { data: stream } = await made.GET('/large', { params: { query: { bytes: 3_000_000 } }, parseAs: 'stream' });
    assert.equal((await new Response(stream).text()).length, 3_000_000);
  });

  await t.test('an answer before the body was read', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    for (const method of ['POST', 'PUT']) {
      const { error, response } = await within(made[method]('/early', { body, bodySerializer: identity }), method);
      assert.deepEqual([response.status, error], [413, { too: 'large' }]);
    }
    assert.equal((await made.GET('/echo')).response.status, 200);
  });

  await t.test('redirects', async () => {
    for (const [status, method] of [
      [301, 'GET'],
      [302, 'GET'],
      [303, 'GET'],
      [307, 'POST'],
      [308, 'POST'],
    ]) {
      const { data, response } = await made.POST(`/redirect/${status}`, { body: { kept: true } });
      const read = method === 'POST' ? '{"kept":true}'.length : 0;
      assert.deepEqual([data.method, data.target, data.read], [method, `/echo?from=${status}`, read]);
      assert.equal(response.redirected, true);
    }
    assert.equal((await rejection(made.GET('/redirect/302', { redirect: 'error' }))).code, 'ERR_CYCLE_REDIRECT');
  });

  await t.test('answers without a body', async () => {
    for (const status of [204, 304]) {
      const { data, response } = await made.GET(`/status/${status}`);
      assert.deepEqual([response.status, data], [status, undefined]);
    }
    const head = await made.HEAD('/large', { params: { query: { bytes: 100, length: '' } } });
    assert.equal(head.response.headers.get('content-length'), '100');
  });

  await t.test('connections that it closes after an answer', async () => {
    for (let round = 0; round < 5; round += 1) {
      assert.equal((await made.GET('/closing')).data, 'closed after this');
      assert.equal((await made.POST('/closing')).data, 'closed after this');
    }
  });

  await t.test('a handler that gives up runs twice at most, with many connections at hand', async () => {
    await Promise.all(Array.from({ length: 40 }, () => made.GET('/large', { params: { query: { bytes: 300_000 } } })));
    for (const [method, times] of [
      ['GET', 2],
      ['PUT', 2],
      ['DELETE', 2],
      ['POST', 1],
    ]) {
      assert.equal((await rejection(made[method]('/abort'))).code, 'ECONNRESET');
      assert.equal((await counts()).requests[`${method} /abort`], times, method);
    }
    assert.equal((await rejection(made.GET('/abort-midway'))).code, 'ECONNRESET');
    assert.equal((await counts()).requests['GET /abort-midway'], 1);
  });
});

test("Go's net/http closes idle connections, and no call fails of that", { skip }, async (t) => {
  const made = client(t, await goServer(t, ['-idle', '10ms']));
  for (let round = 0; round < 60; round += 1) {
    assert.equal((await made.GET('/echo')).response.status, 200);
    await sleep(8 + (round % 5));
  }
});

test('gorilla/websocket', { skip }, async (t) => {
  const peer = await goServer(t);
  /** Listens, with a request for what the server is to do. */
  const listen = (scope, what, options = {}) => {
    const headers = { 'x-do': what };
    return record(scope, connectNotifications({ ...peer, token: TOKEN, headers, reconnect: false, ...options }));
  };
  /** Resolves when the server has seen a close frame with this code. */
  const seesClose = (scope, code) =>
    until(async () => (await listen(scope, 'last').until('notification'))[0].code === code, `a close with ${code}`);

  await t.test('no compression is asked for', async (t) => {
    const [message] = await listen(t, 'extensions').until('notification');
    assert.deepEqual(message, { extensions: '', token: TOKEN });
  });

  await t.test('many messages, in order', async (t) => {
    const seen = listen(t, 'numbers:20000');
    await seen.until('notification', 20_000);
    assert.ok(seen.of('notification').every(([{ number }], index) => number === index));
  });

  await t.test('a message in fragments, with a ping between them', async (t) => {
    const [{ long }] = await listen(t, 'fragments').until('notification');
    assert.equal(long, 'größe 😀 '.repeat(1000));
  });

  await t.test('pings are answered with what they carry', async (t) => {
    assert.deepEqual(await listen(t, 'ping:hello').until('notification'), [{ pong: 'hello' }]);
  });

  await t.test('its answers to our pings keep a silent connection open', async (t) => {
    const seen = listen(t, 'nothing', { idleTimeoutMs: 200 });
    await seen.until('open');
    await sleep(900);
    assert.deepEqual(seen.names(), ['open']);
  });

  await t.test('a binary frame is an error, and the stream goes on', async (t) => {
    const seen = listen(t, 'binary');
    await seen.until('notification');
    assert.deepEqual(seen.names(), ['open', 'error', 'raw', 'notification']);
  });

  await t.test('close codes and reasons', async (t) => {
    for (const [code, reason] of [
      [1000, ''],
      [1001, 'going away'],
      [1008, 'policy'],
      [1012, 'service restart'],
      [4001, 'größe'],
    ]) {
      // Go takes a header's bytes as they are, and a header is Latin-1: this one is to arrive as UTF-8.
      const what = Buffer.from(`close:${code}:${reason}`).toString('latin1');
      assert.deepEqual(await listen(t, what).until('close'), [code, reason]);
    }
  });

  await t.test('an abrupt end comes after what was sent before it', async (t) => {
    const seen = listen(t, 'abrupt');
    assert.deepEqual(await seen.until('close'), [1006, '']);
    assert.deepEqual(seen.of('notification'), [[{ before: 'the end' }]]);
  });

  await t.test('close() says goodbye without a code', async (t) => {
    const socket = connectNotifications({ ...peer, headers: { 'x-do': 'nothing' } });
    const seen = record(t, socket);
    await seen.until('open');
    socket.close();
    assert.deepEqual(await seen.until('close'), [1005, '']);
    await seesClose(t, 1005);
  });

  await t.test('a refused handshake', async (t) => {
    const [error] = await listen(t, 'refuse').until('error');
    assert.deepEqual([error.code, error.status], ['ERR_CYCLE_HANDSHAKE', 401]);
    assert.match(error.message, /the token was not accepted/);
  });
});
