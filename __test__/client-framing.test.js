'use strict';

// No header of a caller changes where its request ends. undici is the oracle of what is sent, dropped and refused.

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { upstreamClient } = require('./peers/upstream.js');
const { until, within } = require('./peers/until.js');

const FIELDS = /^(connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade):/i;

/** A peer that keeps all bytes it is sent, and answers once a request is there. */
async function byteServer(t, answer = () => wholeAnswer({ data: 'ok' })) {
  const peer = await rawServer(t, (socket, head, index) => socket.write(answer(head, index)));
  const chunks = [];
  peer.server.on('connection', (socket) => socket.on('data', (chunk) => chunks.push(chunk)));
  return { ...peer, bytes: () => Buffer.concat(chunks).toString('latin1') };
}

/** What of the request has to do with its framing, by name. */
function framing(bytes) {
  return bytes
    .split('\r\n')
    .filter((line) => FIELDS.test(line))
    .map((line) => line.toLowerCase())
    .filter((line) => line !== 'connection: keep-alive')
    .sort();
}

const WAYS = {
  'an object': (made, method, name, value, init) => made[method]('/v1/first', { headers: { [name]: value }, ...init }),
  'a Headers': (made, method, name, value, init) =>
    made[method]('/v1/first', { headers: new Headers([[name, value]]), ...init }),
  'an array of values': (made, method, name, value, init) =>
    made[method]('/v1/first', { headers: { [name]: [value] }, ...init }),
  'params.header': (made, method, name, value, init) =>
    made[method]('/v1/first', { params: { header: { [name]: value } }, ...init }),
  'a middleware': (made, method, name, value, init) => {
    const middleware = { onRequest: ({ request }) => void request.headers.set(name, value) };
    made.use(middleware);
    return made[method]('/v1/first', init);
  },
  'the Request of a middleware': (made, method, name, value, init) => {
    made.use({ onRequest: ({ request }) => new Request(request, { headers: { [name]: value } }) });
    return made[method]('/v1/first', init);
  },
};

const VALUES = [
  ['content-length', '100'],
  ['content-length', '1'],
  ['content-length', '0'],
  ['content-length', '7'],
  ['content-length', '+7'],
  ['content-length', '7, 7'],
  ['transfer-encoding', 'chunked'],
  ['transfer-encoding', 'gzip'],
  ['connection', 'close'],
  ['connection', 'keep-alive'],
  ['connection', 'content-length'],
  ['connection', 'a b'],
  ['keep-alive', 'timeout=5'],
  ['upgrade', 'h2c'],
  ['te', 'trailers'],
  ['trailer', 'x-own'],
  ['expect', '100-continue'],
];

for (const method of ['GET', 'POST', 'DELETE']) {
  for (const [name, value] of VALUES) {
    test(`${method} with ${name}: ${value}`, async (t) => {
      const init = method === 'POST' ? { body: { a: 1 } } : {};
      const observe = async (make, way) => {
        const peer = await byteServer(t);
        const made = make(peer);
        const result = await within(
          way(made, method, name, value, init).then(
            ({ data }) => data,
            (error) => error.constructor.name && error instanceof TypeError && 'refused',
          ),
          'the first call',
        );
        const sent = framing(peer.bytes());
        const next = await within(
          made.GET('/v1/second', { headers: {} }).catch(() => undefined),
          'the second call',
        );
        return { result, sent, next: next?.data, whole: peer.bytes() };
      };
      const oracle = await observe((peer) => upstreamClient(t, { ...peer, token: 'none' }), WAYS['an object']);
      for (const [how, way] of Object.entries(WAYS)) {
        const ours = await observe((peer) => client(t, peer), way);
        assert.deepEqual(ours.result, oracle.result, how);
        // undici writes the head of a request before it finds that its body has another length.
        if (oracle.result !== 'refused') assert.deepEqual(ours.sent, oracle.sent, how);
        else assert.ok(!ours.whole.includes('/v1/first'), `${how}: nothing is sent of what is refused`);
        if (!how.includes('middleware')) assert.deepEqual(ours.next, { data: 'ok' }, `${how}: the next call`);
      }
    });
  }
}

test('the second request is not read as the body of the first', async (t) => {
  const peer = await byteServer(t);
  const made = client(t, peer);
  await made.GET('/v1/first', { headers: { 'Content-Length': '100' } });
  await made.GET('/v1/second');
  assert.equal(peer.heads(), 2);
  assert.ok(!/content-length/i.test(peer.bytes()));
});

test('a refused header is named, and its value is not', async (t) => {
  const peer = await byteServer(t);
  const made = client(t, peer);
  for (const call of [
    made.POST('/v1/first', { body: {}, headers: { 'Content-Length': '12345' } }),
    made.POST('/v1/first', { body: {}, headers: { Expect: '12345' } }),
  ]) {
    const error = await rejection(call);
    assert.equal(error.code, 'ERR_CYCLE_INVALID_HEADER');
    assert.match(error.message, /header "(content-length|expect)"/);
    assert.ok(!error.message.includes('12345'));
  }
});

for (const status of [301, 302, 303]) {
  test(`after a ${status} no length goes along`, async (t) => {
    const peer = await byteServer(t, (_head, index) =>
      index === 0
        ? `HTTP/1.1 ${status} Elsewhere\r\nlocation: /v1/next\r\ncontent-length: 0\r\n\r\n`
        : wholeAnswer({ data: 'ok' }),
    );
    const made = client(t, peer);
    const { data } = await within(
      made.POST('/v1/first', { body: { a: 1 }, headers: { 'content-length': '7' } }),
      'the redirected call',
    );
    assert.deepEqual(data, { data: 'ok' });
    const [first, next] = peer.bytes().split('GET /v1/next');
    assert.deepEqual(framing(first), ['content-length: 7']);
    assert.deepEqual(framing(next), []);
  });
}

/** A body in pieces. */
function streamOf(pieces) {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
}

for (const [pieces, length, fits] of [
  [['ab', 'cd'], '4', true],
  [[], '0', true],
  [['ab', 'cd'], '6', false],
  [['ab', 'cd'], '3', false],
  [['ab', 'c', 'd'], '3', false],
]) {
  test(`a stream of ${pieces.join('')} announced with ${length}`, async (t) => {
    const call = (made) =>
      made.POST('/v1/first', {
        body: streamOf(pieces),
        bodySerializer: (body) => body,
        duplex: 'half',
        headers: { 'content-length': length },
      });
    for (const make of [(peer) => upstreamClient(t, { ...peer, token: 'none' }), (peer) => client(t, peer)]) {
      const peer = await byteServer(t, () => (fits ? wholeAnswer({ data: 'ok' }) : ''));
      const outcome = await within(
        call(make(peer)).then(
          () => true,
          (error) => error,
        ),
        'the call',
      );
      if (fits) {
        assert.equal(outcome, true);
        // The answer goes out at the head of the request, so it may arrive before the server has the body.
        await until(() => peer.bytes().endsWith(`\r\n\r\n${pieces.join('')}`), 'the whole body at the server');
        assert.deepEqual(framing(peer.bytes()), [`content-length: ${length}`]);
      } else {
        assert.ok(outcome instanceof TypeError);
        assert.ok(!peer.bytes().includes('transfer-encoding'));
      }
    }
  });
}
