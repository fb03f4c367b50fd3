'use strict';

const { version } = require('../package.json');
// What goes out, where the oracle does not look: framing, and fields that are each client's own.

const assert = require('node:assert/strict');
const test = require('node:test');
const { client } = require('./peers/client.js');
const { recordingServer } = require('./peers/http-server.js');

const same = { bodySerializer: (body) => body };
const viaMiddleware = { middleware: [{ onRequest: () => undefined }] };

const SIZED = [
  ['JSON', { body: { a: 'é' } }, 10],
  ['JSON with middleware', { body: { a: 'é' }, ...viaMiddleware }, 10],
  ['text', { body: 'é', ...same }, 2],
  ['an empty text', { body: '', ...same }, 0],
  ['bytes', { body: new Uint8Array(5), ...same }, 5],
  ['a buffer', { body: new ArrayBuffer(6), ...same }, 6],
  ['a Blob', { body: new Blob(['seven b']), ...same }, 7],
  ['URLSearchParams', { body: new URLSearchParams('a=b c'), ...same }, 5],
  ['nothing', {}, 0],
  ['nothing with middleware', viaMiddleware, 0],
];

for (const [what, init, length] of SIZED) {
  for (const method of ['POST', 'PUT', 'PATCH']) {
    test(`${method} with ${what} goes out with its length`, async (t) => {
      const peer = await recordingServer(t);
      await client(t, peer)[method]('/v1/object-cache', init);
      const [{ headers, body }] = peer.requests;
      assert.equal(headers['content-length'], String(length));
      assert.equal(headers['transfer-encoding'], undefined);
      assert.equal(body.length, length);
    });
  }
}

test('FormData goes out with its length', async (t) => {
  const peer = await recordingServer(t);
  const body = new FormData();
  body.append('file', new Blob(['content']), 'name.txt');
  await client(t, peer).POST('/v1/object-cache', { body });
  const [request] = peer.requests;
  assert.equal(request.headers['content-length'], String(request.body.length));
  assert.match(request.headers['content-type'], /^multipart\/form-data; boundary=/);
  const form = await new Response(request.body, {
    headers: { 'content-type': request.headers['content-type'] },
  }).formData();
  assert.equal(await form.get('file').text(), 'content');
});

test('a stream goes out chunked, whatever its speed', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const init = { ...same, duplex: 'half' };
  await made.POST('/v1/object-cache', { body: new Blob(['at once']).stream(), ...init });
  const slow = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.enqueue(Buffer.from('slow'));
      controller.close();
    },
  });
  await made.POST('/v1/object-cache', { body: slow, ...init });
  for (const { headers } of peer.requests) {
    assert.equal(headers['transfer-encoding'], 'chunked');
    assert.equal(headers['content-length'], undefined);
  }
  assert.deepEqual(
    peer.requests.map(({ body }) => body.toString()),
    ['at once', 'slow'],
  );
});

test('a GET has neither body nor length', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await made.GET('/v1/environment');
  await made.GET('/v1/environment', viaMiddleware);
  for (const { headers } of peer.requests) {
    assert.equal(headers['content-length'], undefined);
    assert.equal(headers['transfer-encoding'], undefined);
    assert.equal(headers['content-type'], undefined);
  }
});

test('no encoding is asked for, unless the caller does', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await made.GET('/v1/environment');
  await made.GET('/v1/environment', viaMiddleware);
  await made.GET('/v1/environment', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.deepEqual(
    peer.requests.map(({ headers }) => headers['accept-encoding']),
    [undefined, undefined, 'gzip'],
  );
});

test('fields that every request carries', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await made.GET('/v1/environment');
  await made.GET('/v1/environment', viaMiddleware);
  for (const { headers, rawHeaders } of peer.requests) {
    assert.equal(headers.host, 'localhost');
    assert.equal(headers.accept, '*/*');
    assert.equal(headers['user-agent'], `cycle-internal-api-client/${version}`);
    const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    assert.deepEqual(names, [...new Set(names)], 'none twice');
  }
});
