'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { until, within } = require('./peers/until.js');

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/** Fails `times` with a status, then answers. */
const failing =
  (times, status, headers = {}) =>
  (_request, response, index) =>
    index < times
      ? json(response, { data: null, error: { status } }, status, headers)
      : json(response, { data: index });

test('off by default: every request is sent once', async (t) => {
  const peer = await recordingServer(t, failing(9, 503, { 'retry-after': '0' }));
  const made = client(t, peer);
  for (const method of IDEMPOTENT) assert.equal((await made[method]('/v1/environment')).response.status, 503);
  assert.equal(peer.requests.length, IDEMPOTENT.length);
});

for (const method of IDEMPOTENT) {
  test(`${method} is sent again after 503`, async (t) => {
    const peer = await recordingServer(t, failing(2, 503, { 'retry-after': '0' }));
    const { response } = await client(t, peer, { retry: { retries: 2 } })[method]('/v1/environment');
    assert.equal(response.status, 200);
    assert.equal(peer.requests.length, 3);
  });
}

for (const method of ['POST', 'PATCH']) {
  test(`${method} is sent once`, async (t) => {
    const peer = await recordingServer(t, failing(2, 503, { 'retry-after': '0' }));
    const { error, response } = await client(t, peer, { retry: { retries: 2 } })[method]('/v1/object-cache', {
      body: {},
    });
    assert.equal(response.status, 503);
    assert.equal(error.error.status, 503);
    assert.equal(peer.requests.length, 1);
  });
}

test('the body goes along each time', async (t) => {
  const peer = await recordingServer(t, failing(2, 503, { 'retry-after': '0' }));
  await client(t, peer, { retry: { retries: 2 } }).PUT('/v1/object-cache', { body: { a: 'é' } });
  assert.deepEqual(
    peer.requests.map(({ body }) => body.toString()),
    Array(3).fill('{"a":"é"}'),
  );
});

for (const status of [408, 429, 500, 502, 503, 504]) {
  test(`${status} is worth another try`, async (t) => {
    const peer = await recordingServer(t, failing(1, status, { 'retry-after': '0' }));
    assert.equal((await client(t, peer, { retry: { retries: 1 } }).GET('/v1/environment')).response.status, 200);
  });
}

for (const status of [400, 401, 403, 404, 409, 422, 501]) {
  test(`${status} is not`, async (t) => {
    const peer = await recordingServer(t, failing(1, status));
    assert.equal((await client(t, peer, { retry: { retries: 1 } }).GET('/v1/environment')).response.status, status);
    assert.equal(peer.requests.length, 1);
  });
}

test('tries have an end; the last answer is the result', async (t) => {
  const peer = await recordingServer(t, (_request, response, index) =>
    json(response, { index }, 503, { 'retry-after': '0' }),
  );
  const { error } = await client(t, peer, { retry: { retries: 2 } }).GET('/v1/environment');
  assert.deepEqual(error, { index: 2 });
  assert.equal(peer.requests.length, 3);
});

test('a lost connection is worth another try', async (t) => {
  const peer = await recordingServer(t, (request, response, index) =>
    index < 2 ? request.socket.destroy() : json(response, { data: index }),
  );
  assert.deepEqual((await client(t, peer, { retry: { retries: 3, baseDelayMs: 1 } }).GET('/v1/environment')).data, {
    data: 2,
  });
});

test('a lost connection is not, for POST', async (t) => {
  const peer = await recordingServer(t, (request) => request.socket.destroy());
  const call = client(t, peer, { retry: { retries: 3, baseDelayMs: 1 } }).POST('/v1/object-cache', { body: {} });
  assert.equal((await rejection(call)).code, 'ECONNRESET');
  assert.equal(peer.requests.length, 1);
});

test('Retry-After in seconds is waited for', async (t) => {
  const times = [];
  const peer = await recordingServer(t, (_request, response, index) => {
    times.push(process.hrtime.bigint());
    json(response, { index }, index ? 200 : 503, index ? {} : { 'retry-after': '1' });
  });
  assert.equal(
    (await client(t, peer, { retry: { retries: 1, baseDelayMs: 1 } }).GET('/v1/environment')).response.status,
    200,
  );
  assert.ok(times[1] - times[0] >= 990_000_000n, 'not earlier than the server asked for');
});

test('Retry-After as a date is waited for', async (t) => {
  let due;
  let came;
  const peer = await recordingServer(t, (_request, response, index) => {
    if (index) {
      came = Date.now();
      return json(response, {});
    }
    due = Math.ceil(Date.now() / 1000) * 1000 + 1000;
    return json(response, {}, 503, { 'retry-after': new Date(due).toUTCString() });
  });
  await client(t, peer, { retry: { retries: 1, baseDelayMs: 1 } }).GET('/v1/environment');
  assert.ok(came >= due - 10, `came ${due - came} ms too early`);
});

for (const value of ['soon', '-1', '', '1e99', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
  test(`Retry-After ${JSON.stringify(value)} does no harm`, async (t) => {
    const peer = await recordingServer(t, failing(1, 503, { 'retry-after': value }));
    const call = client(t, peer, { retry: { retries: 1, baseDelayMs: 1 } }).GET('/v1/environment');
    assert.equal((await within(call, 'the call')).response.status, 200);
  });
}

test('the signal ends the wait for the next try', async (t) => {
  const peer = await recordingServer(t, failing(9, 503, { 'retry-after': '30' }));
  const controller = new AbortController();
  const call = rejection(
    client(t, peer, { retry: { retries: 8 } }).GET('/v1/environment', { signal: controller.signal }),
  );
  await until(() => peer.requests.length === 1, 'the first try');
  controller.abort();
  assert.equal((await within(call, 'the call')).name, 'AbortError');
  assert.equal(peer.requests.length, 1);
});

test('timeoutMs covers all tries', async (t) => {
  const peer = await recordingServer(t, failing(9, 503, { 'retry-after': '30' }));
  const call = client(t, peer, { retry: { retries: 8 }, timeoutMs: 100 }).GET('/v1/environment');
  assert.equal((await within(rejection(call), 'the call')).code, 'ERR_CYCLE_TIMEOUT');
});

test("a streamed body can't be sent again, and is not", async (t) => {
  const peer = await recordingServer(t, failing(1, 503, { 'retry-after': '0' }));
  const made = client(t, peer, { retry: { retries: 2 } });
  const body = new Blob(['streamed']).stream();
  const { response } = await made.PUT('/v1/object-cache', { body, bodySerializer: (same) => same, duplex: 'half' });
  assert.equal(response.status, 503);
  assert.equal(peer.requests.length, 1);
});
