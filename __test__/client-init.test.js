'use strict';

// The object that a call is given, when it is more than a plain list of options.

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { recordingServer } = require('./peers/http-server.js');
const { within } = require('./peers/until.js');

const middleware = { onRequest: () => undefined };

test('close() does not wait for a call whose options could not be read', async (t) => {
  const peer = await recordingServer(t);
  const reason = new Error('a getter of the program');
  const throwing = (name) =>
    Object.defineProperty({ parseAs: 'stream' }, name, {
      enumerable: true,
      get: () => {
        throw reason;
      },
    });
  const proxy = new Proxy(
    {},
    {
      ownKeys: () => {
        throw reason;
      },
    },
  );
  for (const uses of [[], [middleware]]) {
    for (const init of [throwing('fetch'), throwing('params'), throwing('signal'), throwing('other'), proxy]) {
      const made = client(t, peer);
      made.use(...uses);
      assert.equal(await rejection(made.GET('/v1/environment', init)), reason);
      await within(made.close(), 'close()', 2000);
    }
  }
  assert.equal(peer.requests.length, 0);
});

test('what an object of options inherits is none of them', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const inherited = {
    parseAs: 'text',
    headers: { 'x-inherited': 'yes' },
    params: { query: { inherited: 1 } },
    fetch: () => assert.fail('an inherited fetch was called'),
  };
  for (const own of [{}, { middleware: [middleware] }]) {
    const { data } = await made.GET('/v1/environment', Object.assign(Object.create(inherited), own));
    assert.equal(typeof data, 'object');
  }
  for (const { url, headers } of peer.requests) {
    assert.equal(url, '/v1/environment');
    assert.equal(headers['x-inherited'], undefined);
  }
  assert.equal(peer.requests.length, 2);
});

test('the body of a plain call is read once', async (t) => {
  const peer = await recordingServer(t);
  let reads = 0;
  const init = {
    get body() {
      reads += 1;
      return { reads };
    },
  };
  await client(t, peer).POST('/v1/environment', init);
  assert.equal(String(peer.requests[0].body), '{"reads":1}');
});

test('a signal that is none is refused as fetch does', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  for (const signal of ['no', 5, {}, { aborted: false }]) {
    const error = await rejection(made.GET('/v1/environment', { signal }));
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /AbortSignal/);
  }
  assert.equal(peer.requests.length, 0);
});

test('a socket path that is no text is refused when the client is made', () => {
  for (const socketPath of [5, {}, Buffer.from('/tmp/secret.sock'), new URL('file:///tmp/secret.sock')]) {
    assert.throws(
      () => client({ after() {} }, { socketPath, token: 'token' }),
      (error) =>
        error instanceof TypeError && error.code === 'ERR_INVALID_ARG_TYPE' && error.message.includes('`socketPath`'),
    );
  }
});
