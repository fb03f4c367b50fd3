'use strict';

// `response` on Node's own classes, both as the plain way makes it and as the way through openapi-fetch does.

const assert = require('node:assert/strict');
const test = require('node:test');
const { inspect } = require('node:util');
const { client } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');

const WAYS = { plainly: {}, 'with middleware': { middleware: [{ onRequest: () => undefined }] } };

for (const [way, init] of Object.entries(WAYS)) {
  test(`response is a Response, ${way}`, async (t) => {
    const peer = await recordingServer(t, (_request, response) => {
      response.statusMessage = 'Made';
      json(response, { a: 1 }, 201, { 'x-own': 'yes', 'set-cookie': ['a=1; Path=/', 'b=2'] });
    });
    const { response } = await client(t, peer).GET('/v1/environment', { ...init, params: { query: { q: 'x y' } } });
    assert.ok(response instanceof Response);
    assert.equal(Object.prototype.toString.call(response), '[object Response]');
    assert.equal(response.constructor.name.endsWith('Response'), true);
    assert.equal(response.status, 201);
    assert.equal(response.statusText, 'Made');
    assert.equal(response.ok, true);
    assert.equal(response.url, 'http://localhost/v1/environment?q=x%20y');
    assert.equal(response.redirected, false);
    assert.equal(response.type, 'basic');
    assert.equal(response.bodyUsed, true);
    assert.ok(response.headers instanceof Headers);
    assert.equal(response.headers, response.headers);
    assert.equal(response.headers.get('X-Own'), 'yes');
    assert.deepEqual(response.headers.getSetCookie(), ['a=1; Path=/', 'b=2']);
    assert.equal(response.body, response.body);
    assert.match(inspect(response), /Response/);
    for (const reader of ['text', 'json', 'blob', 'arrayBuffer', 'formData']) {
      await assert.rejects(response[reader](), TypeError, reader);
    }
    assert.throws(() => response.clone(), TypeError);
    assert.throws(() => response.headers.set('a', 'b'), TypeError);
    const { status, headers } = response;
    assert.equal(new Response('own', { status, headers }).headers.get('x-own'), 'yes');
  });

  for (const status of [204, 205, 304]) {
    test(`a ${status} has no body, ${way}`, async (t) => {
      const peer = await recordingServer(t, (_request, response) => response.writeHead(status, { etag: '"e"' }).end());
      const { data, response } = await client(t, peer).GET('/v1/environment', init);
      assert.equal(data, undefined);
      assert.equal(response.status, status);
      assert.equal(response.headers.get('etag'), '"e"');
      assert.equal(await response.text(), '');
    });
  }
}

test('a streamed response reads and clones', async (t) => {
  const peer = await recordingServer(t, (_request, response) => json(response, { a: 'é' }));
  const made = client(t, peer);
  const readers = {
    text: (text) => assert.equal(text, '{"a":"é"}'),
    json: (value) => assert.deepEqual(value, { a: 'é' }),
    arrayBuffer: (buffer) => assert.equal(Buffer.from(buffer).toString(), '{"a":"é"}'),
    blob: (blob) => assert.deepEqual([blob.size, blob.type], [10, 'application/json']),
  };
  for (const [reader, holds] of Object.entries(readers)) {
    const { data, response } = await made.GET('/v1/environment', { parseAs: 'stream' });
    assert.ok(data instanceof ReadableStream);
    assert.equal(data, response.body);
    const copy = response.clone();
    assert.ok(copy instanceof Response);
    assert.deepEqual([copy.status, copy.url, copy.type], [200, 'http://localhost/v1/environment', 'basic']);
    assert.equal(copy.headers.get('content-type'), 'application/json');
    const [one, two] = await Promise.all([response[reader](), copy[reader]()]);
    holds(one);
    holds(two);
    assert.equal(response.bodyUsed, true);
  }
});

test('a streamed response reads into a buffer of the reader', async (t) => {
  const peer = await recordingServer(t, (_request, response) => response.end('0123456789'.repeat(1000)));
  const { data } = await client(t, peer).GET('/v1/environment', { parseAs: 'stream' });
  const reader = data.getReader({ mode: 'byob' });
  let text = '';
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(777));
    if (value) text += Buffer.from(value).toString();
    if (done) break;
  }
  assert.equal(text, '0123456789'.repeat(1000));
});

test('a streamed response is an async iterable, and leaving it early is fine', async (t) => {
  const peer = await recordingServer(t, (_request, response) => response.end('x'.repeat(1_000_000)));
  const made = client(t, peer, { maxConnections: 1 });
  for (let i = 0; i < 5; i++) {
    const { data } = await made.GET('/v1/environment', { parseAs: 'stream' });
    for await (const chunk of data) {
      assert.ok(chunk instanceof Uint8Array);
      break;
    }
  }
});
