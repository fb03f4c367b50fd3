'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
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
