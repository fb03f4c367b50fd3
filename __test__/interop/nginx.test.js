'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { TOKEN, client, rejection } = require('../peers/client.js');
const { nginx, nginxMissing } = require('../peers/nginx.js');
const { within } = require('../peers/until.js');

const skip = nginxMissing();
const TEXT = JSON.stringify({ data: 'abcdefghij'.repeat(500_000) });

const SERVER = `
    default_type application/json;
    client_max_body_size 1m;
    location = /v1/echo {
      add_header x-method $request_method;
      return 200 '{"token":"$http_x_cycle_token","uri":"$request_uri"}';
    }
    location = /v1/empty { return 204; }
    location = /v1/old { return 301 /v1/echo?moved=1; }
    location = /v1/once { keepalive_timeout 0; return 200 '{"once":true}'; }
    location = /v1/gzip { gzip on; gzip_min_length 1; gzip_types *; try_files /v1/large.json =404; }
    location = /v1/closed { return 444; }
    location = /v1/proxied { proxy_pass http://unix:/nowhere/else.sock; }

    location = /v1/brief { keepalive_timeout 10ms; return 200 '{"brief":true}'; }
    location = /v1/three { keepalive_requests 3; return 200 '{"connection":$connection}'; }
    location = /v1/harsh { client_max_body_size 1k; lingering_close off; proxy_pass http://unix:/nowhere/else.sock; }
    location = /v1/impatient { client_body_timeout 100ms; proxy_pass http://unix:/nowhere/else.sock; }
    location = /v1/filtered { sub_filter_once off; sub_filter_types *; sub_filter abcdefghij ABCDEFGHIJ; try_files /v1/large.json =404; }

    location = /v1/limited { limit_rate 2m; try_files /v1/large.json =404; }
`;

const FILES = { 'v1/large.json': TEXT, 'v1/small.json': '{"small":true}' };
const start = (t) => nginx(t, { server: SERVER, files: FILES });

test('nginx', { skip }, async (t) => {
  const peer = await start(t);
  const made = client(t, peer);

  await t.test('calls arrive as they were made', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { data, response } = await made[method]('/v1/echo', { params: { query: { q: 'a b' } } });
      assert.deepEqual(data, { token: TOKEN, uri: '/v1/echo?q=a%20b' });
      assert.equal(response.headers.get('x-method'), method);
    }
    const { response } = await made.HEAD('/v1/small.json');
    assert.equal(response.headers.get('content-length'), '14');
  });

  await t.test('statuses and its own error pages', async () => {
    assert.equal((await made.GET('/v1/empty')).response.status, 204);
    const missing = await made.GET('/v1/missing');
    assert.equal(missing.response.status, 404);
    assert.match(missing.error, /404 Not Found/);
    assert.equal((await made.GET('/v1/proxied')).response.status, 502);
    assert.equal((await made.TRACE('/v1/echo').catch((error) => error)).name, 'TypeError');
  });

  await t.test('redirects', async () => {
    const { data, response } = await made.GET('/v1/old');
    assert.equal(data.uri, '/v1/echo?moved=1');
    assert.equal(response.redirected, true);
    assert.equal((await made.GET('/v1/old', { redirect: 'manual' })).response.status, 301);
  });

  await t.test('large answers: plain, compressed, slow, in part', async () => {
    for (const path of ['/v1/large.json', '/v1/limited']) {
      assert.equal((await within(made.GET(path, { parseAs: 'text' }), path)).data, TEXT);
    }
    const zipped = await made.GET('/v1/gzip', { parseAs: 'text', headers: { 'accept-encoding': 'gzip' } });
    assert.equal(zipped.response.headers.get('content-encoding'), 'gzip');
    assert.equal(zipped.data, TEXT);
    const part = await made.GET('/v1/large.json', { parseAs: 'text', headers: { Range: 'bytes=5-9' } });
    assert.deepEqual([part.response.status, part.data], [206, TEXT.slice(5, 10)]);
    const { response } = await made.GET('/v1/small.json');
    const again = await made.GET('/v1/small.json', { headers: { 'If-None-Match': response.headers.get('etag') } });
    assert.equal(again.response.status, 304);
  });

  await t.test('a body beyond its limit', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    const call = made.POST('/v1/echo', { body, bodySerializer: (same) => same });
    assert.equal((await within(call, 'the refusal')).response.status, 413);
  });

  await t.test('a long answer in chunks', async () => {
    const { data, response } = await made.GET('/v1/filtered', { parseAs: 'text' });
    assert.deepEqual(
      [response.headers.get('content-length'), data],
      [null, TEXT.replaceAll('abcdefghij', 'ABCDEFGHIJ')],
    );
  });

  await t.test('a refusal that closes the connection while the body is sent', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    for (const method of ['POST', 'PUT']) {
      const call = made[method]('/v1/harsh', { body, bodySerializer: (same) => same });
      assert.equal((await within(call, method)).response.status, 413, method);
    }
    assert.equal((await made.GET('/v1/echo')).response.status, 200);
  });

  await t.test('a body that does not come', async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) });
    const call = made.PUT('/v1/impatient', { body, duplex: 'half', bodySerializer: (same) => same });
    assert.equal((await rejection(within(call, 'the end'))).code, 'ECONNRESET');
    assert.equal((await made.GET('/v1/echo')).response.status, 200);
  });

  await t.test('a target that is too long', async () => {
    const call = made.GET('/v1/echo', { params: { query: { q: 'x'.repeat(40_000) } } });
    assert.equal((await within(call, 'the refusal')).response.status, 414);
    assert.equal((await made.GET('/v1/echo')).response.status, 200);
  });

  await t.test('idle connections that it closes soon fail no call', async () => {
    for (let round = 0; round < 60; round += 1) {
      assert.deepEqual((await made.GET('/v1/brief')).data, { brief: true });
      await sleep(7 + (round % 6));
    }
  });

  await t.test('connections with a number of requests', async () => {
    const one = client(t, peer, { maxConnections: 1 });
    const numbers = [];
    for (let round = 0; round < 9; round += 1) numbers.push((await one.POST('/v1/three')).data.connection);
    assert.equal(new Set(numbers).size, 3);
  });

  await t.test('connections that it closes', async () => {
    for (let i = 0; i < 5; i++) assert.deepEqual((await made.GET('/v1/once')).data, { once: true });
    assert.equal((await rejection(made.POST('/v1/closed'))).code, 'ECONNRESET');
    assert.equal((await rejection(made.GET('/v1/closed'))).code, 'ECONNRESET');
  });

  await t.test('200 in flight', async () => {
    const calls = Array.from({ length: 200 }, (_, i) => made.GET('/v1/echo', { params: { query: { i } } }));
    for (const [i, { data }] of (await within(Promise.all(calls), 'all calls')).entries()) {
      assert.equal(data.uri, `/v1/echo?i=${i}`);
    }
  });

  await t.test('workers that are replaced meanwhile fail no idempotent call', async () => {
    for (let i = 0; i < 300; i++) {
      if (i % 100 === 50) peer.reload();
      assert.equal((await within(made.GET('/v1/echo'), 'a call')).response.status, 200);
    }
  });
});
