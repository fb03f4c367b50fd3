'use strict';

// Answers whose heads contradict themselves. undici is the oracle of which are refused, and of what the others give.

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { upstreamClient } = require('./peers/upstream.js');
const { until, within } = require('./peers/until.js');

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = 'transfer-encoding: chunked\r\n';
const CHUNK = '2\r\n{}\r\n0\r\n\r\n';

/** What is refused, and the words that say why. */
const CONTRADICTIONS = {
  'a length beside chunks': [
    `${OK}${CHUNKED}content-length: 2\r\n\r\n${CHUNK}`,
    /Content-Length beside its Transfer-Enc/,
  ],
  'chunks beside a length': [
    `${OK}content-length: 2\r\n${CHUNKED}\r\n${CHUNK}`,
    /Content-Length beside its Transfer-Enc/,
  ],
  'chunks beside a length of zero': [`${OK}content-length: 0\r\n${CHUNKED}\r\n${CHUNK}`, /Content-Length beside/],
  'another coding beside a length': [
    `${OK}transfer-encoding: identity\r\ncontent-length: 2\r\n\r\n{}`,
    /Content-Length beside/,
  ],
  'the same length twice': [`${OK}content-length: 2\r\ncontent-length: 2\r\n\r\n{}`, /several Content-Length/],
  'the same length in a list': [`${OK}content-length: 2, 2\r\n\r\n{}`, /Content-Length is a list/],
  'a redirect with two lengths': [
    'HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n',
    /several Content-Length/,
  ],
  'HEAD with two lengths': [`${OK}content-length: 2\r\ncontent-length: 2\r\n\r\n`, /several Content-Length/, 'HEAD'],
  'HEAD with a length of letters': [`${OK}content-length: two\r\n\r\n`, /not a number/, 'HEAD'],
  'HEAD with both': [`${OK}${CHUNKED}content-length: 2\r\n\r\n`, /Content-Length beside/, 'HEAD'],
  '204 with both': [`HTTP/1.1 204 No\r\n${CHUNKED}content-length: 2\r\n\r\n`, /Content-Length beside/],
  '304 with two lengths': ['HTTP/1.1 304 Not\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n', /several/],
};

/** What is no contradiction; whatever undici makes of it is right. */
const CONSISTENT = {
  '204 with a length and a body': 'HTTP/1.1 204 No\r\ncontent-length: 2\r\n\r\n{}',
  '204 with a length alone': 'HTTP/1.1 204 No\r\ncontent-length: 2\r\n\r\n',
  '204 with chunks': `HTTP/1.1 204 No\r\n${CHUNKED}\r\n${CHUNK}`,
  '205 with a body': 'HTTP/1.1 205 Reset\r\ncontent-length: 2\r\n\r\n{}',
  '205 with chunks': `HTTP/1.1 205 Reset\r\n${CHUNKED}\r\n${CHUNK}`,
  '304 with a length': 'HTTP/1.1 304 Not\r\ncontent-length: 2\r\n\r\n',
  'chunks with extensions': `${OK}${CHUNKED}\r\n2;a=b\r\n{}\r\n0\r\n\r\n`,
  'chunks with trailers': `${OK}${CHUNKED}\r\n2\r\n{}\r\n0\r\nx-t: 1\r\n\r\n`,
  'chunks in another coding': `${OK}transfer-encoding: gzip, chunked\r\n\r\n${CHUNK}`,
  'zeros before a length': `${OK}content-length: 002\r\n\r\n{}`,
  'no reason': 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}',
  'an empty line before': `\r\n${OK}content-length: 2\r\n\r\n{}`,
};

const KINDS = {
  'a plain call': () => {},
  'a middleware': (made) => made.use({ onRequest() {} }),
};

for (const [kind, prepare] of Object.entries(KINDS)) {
  for (const [what, [bytes, words, method = 'GET']] of Object.entries(CONTRADICTIONS)) {
    test(`${what}: ${kind}`, async (t) => {
      const peer = await rawServer(t, (socket, _head, index) =>
        socket.write(index < 2 ? bytes : wholeAnswer({ data: 'next' })),
      );
      const upstream = upstreamClient(t, { ...peer, token: 'none' });
      await within(rejection(upstream[method]('/v1/environment')), 'the call of the oracle');
      const made = client(t, peer);
      prepare(made);
      const error = await within(rejection(made[method]('/v1/environment')), 'the call');
      assertFailure(error, { code: 'ERR_CYCLE_BAD_RESPONSE', socketPath: peer.socketPath, method });
      assert.match(error.cause.message, words);
      await until(() => peer.sockets.size === 0, 'the connection is closed');
      assert.deepEqual((await made.GET('/v1/environment')).data, { data: 'next' });
    });
  }

  for (const [what, bytes] of Object.entries(CONSISTENT)) {
    test(`${what}: ${kind}`, async (t) => {
      const peer = await rawServer(t, (socket) => socket.write(bytes));
      const observe = async (made, parseAs) =>
        within(
          made.GET('/v1/environment', { parseAs }).then(
            ({ data, error, response }) => ({ data, error: response.ok ? error : undefined, status: response.status }),
            (error) => error instanceof SyntaxError && 'a SyntaxError',
          ),
          'the call',
        );
      for (const parseAs of ['json', 'text']) {
        const upstream = upstreamClient(t, { ...peer, token: 'none' });
        const made = client(t, peer);
        prepare(made);
        assert.deepEqual(await observe(made, parseAs), await observe(upstream, parseAs), parseAs);
      }
    });
  }

  test(`what follows a 204 late is never taken for the next answer: ${kind}`, async (t) => {
    let first;
    const peer = await rawServer(t, (socket, _head, index) => {
      if (index === 0) {
        first = socket;
        socket.write('HTTP/1.1 204 No\r\ncontent-length: 100\r\n\r\n');
        return;
      }
      first.write(wholeAnswer({ forged: true }));
      socket.write(wholeAnswer({ forged: false }));
    });
    const made = client(t, peer);
    prepare(made);
    assert.equal((await made.GET('/v1/environment')).response.status, 204);
    assert.deepEqual((await made.GET('/v1/environment')).data, { forged: false });
    await until(() => peer.sockets.size === 1, 'the first connection is closed');
  });
}

for (const [what, fields] of Object.entries({
  'too many fields': Array.from({ length: 600 }, (_, i) => `x-${i}: a\r\n`).join(''),
  'a field that is too long': `x-own: ${'a'.repeat(1_000_000)}\r\n`,
})) {
  test(`a head with ${what} is too large, and said to be`, async (t) => {
    const peer = await rawServer(t, (socket) => socket.write(`${OK}${fields}content-length: 2\r\n\r\n{}`));
    const error = await within(rejection(client(t, peer).GET('/v1/environment')), 'the call');
    assertFailure(error, { code: 'ERR_CYCLE_BAD_RESPONSE', socketPath: peer.socketPath, says: /head .*too large/ });
    assert.doesNotMatch(error.message, /not valid HTTP/);
    assert.match(error.message, /fewer or shorter header fields/);
  });
}
