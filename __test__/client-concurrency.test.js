'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { within } = require('./peers/until.js');

test('200 in flight: each gets its own answer', async (t) => {
  const waiting = [];
  const peer = await recordingServer(t, (request, response) => {
    waiting.push(() =>
      json(response, { url: request.url, body: request.body.toString(), own: request.headers['x-own'] }),
    );
    // Answered in another order than asked.
    if (waiting.length === 50) for (const answer of waiting.splice(0).reverse()) answer();
  });
  const made = client(t, peer, { maxConnections: 200 });
  for (let round = 0; round < 3; round++) {
    const calls = Array.from({ length: 200 }, (_, i) =>
      made.POST('/v1/object-cache', {
        params: { query: { i, round } },
        body: { value: `${round}-${i}`.repeat(i) },
        headers: { 'x-own': `own-${i}` },
      }),
    );
    const results = await within(Promise.all(calls), 'all calls');
    results.forEach(({ data }, i) => {
      assert.equal(data.url, `/v1/object-cache?i=${i}&round=${round}`);
      assert.equal(data.own, `own-${i}`);
      assert.deepEqual(JSON.parse(data.body), { value: `${round}-${i}`.repeat(i) });
    });
  }
});

test('200 in flight with middleware, streams and errors among them', async (t) => {
  const peer = await recordingServer(t, (request, response) => {
    const i = Number(request.headers['x-i']);
    if (i % 7 === 3) return request.socket.destroy();
    if (i % 7 === 4) return json(response, { i }, 404);
    return json(response, { i, method: request.method, size: request.body.length });
  });
  const made = client(t, peer);
  const kinds = [
    (headers) => made.GET('/v1/environment', { headers }),
    (headers) => made.POST('/v1/object-cache', { headers, body: { a: 1 } }),
    (headers) =>
      made.GET('/v1/environment', { headers, middleware: [{ onResponse: ({ response }) => void response.clone() }] }),
    (headers) =>
      made.POST('/v1/object-cache', { headers, body: {} }).then(
        () => assert.fail('resolved'),
        (error) => ({ lost: error.code }),
      ),
    (headers) => made.GET('/v1/environment', { headers }),
    (headers) => made.GET('/v1/environment', { headers, parseAs: 'text' }),
    (headers) =>
      made.PUT('/v1/object-cache', {
        headers,
        body: new Blob(['12345']).stream(),
        bodySerializer: (same) => same,
        duplex: 'half',
      }),
  ];
  const results = await within(
    Promise.all(Array.from({ length: 210 }, (_, i) => kinds[i % 7]({ 'x-i': String(i) }))),
    'all calls',
  );
  results.forEach(({ data, error, lost }, i) => {
    if (i % 7 === 3) assert.equal(lost, 'ECONNRESET');
    else if (i % 7 === 4) assert.deepEqual(error, { i });
    else if (i % 7 === 5) assert.equal(JSON.parse(data).i, i);
    else assert.equal(data.i, i);
    if (i % 7 === 6) assert.equal(data.size, 5);
  });
});

test('promises settle in the order of the answers on one connection', async (t) => {
  const peer = await recordingServer(t, (request, response) => json(response, { url: request.url }));
  const made = client(t, peer, { maxConnections: 1 });
  const order = [];
  await Promise.all(Array.from({ length: 30 }, (_, i) => made.GET(`/v1/${i}`).then(() => order.push(i))));
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});
