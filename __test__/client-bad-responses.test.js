'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { httpServer, json } = require('./peers/http-server.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

const OK = 'HTTP/1.1 200 OK\r\n';
const JSON_TYPE = 'content-type: application/json\r\n';

/** The peer writes this and keeps the connection open. */
const MALFORMED = {
  'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
  'binary noise': Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 37 + 129) % 256)),
  'JSON without a head': '{"data":"ok"}\r\n\r\n',
  'a status of letters': 'HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n',
  'a status of five digits': 'HTTP/1.1 20000 OK\r\ncontent-length: 0\r\n\r\n',
  'a version of the future': 'HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n',
  'a field without a colon': `${OK}content-length 2\r\nno colon here\r\n\r\n{}`,
  'a blank in a field name': `${OK}content length: 2\r\n\r\n{}`,
  'a NUL in a field': `${OK}x-own: a\0b\r\ncontent-length: 2\r\n\r\n{}`,
  'two lengths': `${OK}content-length: 2\r\ncontent-length: 5\r\n\r\n{}`,
  'two lengths in one field': `${OK}content-length: 2, 5\r\n\r\n{}`,
  'a negative length': `${OK}content-length: -2\r\n\r\n{}`,
  'a length of letters': `${OK}content-length: two\r\n\r\n{}`,
  'a length beyond 64 bits': `${OK}content-length: 99999999999999999999999999\r\n\r\n{}`,
  'an empty length': `${OK}content-length: \r\n\r\n{}`,
  'a chunk size of letters': `${OK}${JSON_TYPE}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
  'a chunk longer than it says': `${OK}${JSON_TYPE}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
  'a chunk size beyond 64 bits': `${OK}${JSON_TYPE}transfer-encoding: chunked\r\n\r\nfffffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
};

for (const [what, bytes] of Object.entries(MALFORMED)) {
  test(`malformed: ${what}`, async (t) => {
    const peer = await rawServer(t, (socket) => socket.write(bytes));
    const made = client(t, peer);
    const error = await within(rejection(made.GET('/v1/environment')), what);
    assertFailure(error, { code: 'ERR_CYCLE_BAD_RESPONSE', socketPath: peer.socketPath });
    await until(() => peer.sockets.size === 0, 'the broken connection is closed');
  });
}

/** The peer writes this, then ends the connection. */
const HANG_UPS = {
  'at once': '',
  'within the status line': 'HTTP/1.1 20',
  'after the status line': OK,
  'within a field': `${OK}content-ty`,
  'before the blank line': `${OK}${JSON_TYPE}content-length: 2\r\n`,
  'before the body': `${OK}${JSON_TYPE}content-length: 2\r\n\r\n`,
  'within the body': `${OK}${JSON_TYPE}content-length: 20\r\n\r\n{"data":`,
  'within a chunk': `${OK}${JSON_TYPE}transfer-encoding: chunked\r\n\r\n10\r\n{"da`,
  'between chunks': `${OK}${JSON_TYPE}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`,
  'before the end of the last chunk': `${OK}${JSON_TYPE}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n`,
  'within the body of an error': `HTTP/1.1 500 No\r\n${JSON_TYPE}content-length: 20\r\n\r\n{"error":`,
};

for (const [what, bytes] of Object.entries(HANG_UPS)) {
  for (const [how, hangUp] of Object.entries({
    ends: (socket) => socket.end(bytes),
    resets: (socket) => socket.write(bytes, () => socket.destroy()),
  })) {
    test(`the server ${how} ${what}`, async (t) => {
      const peer = await rawServer(t, hangUp);
      const made = client(t, peer);
      const error = await within(rejection(made.POST('/v1/object-cache', { body: { a: 1 } })), what);
      assertFailure(error, {
        code: 'ECONNRESET',
        socketPath: peer.socketPath,
        method: 'POST',
        path: '/v1/object-cache',
      });
      assert.equal(peer.heads(), 1, 'a POST is sent once');
      const other = await within(rejection(made.GET('/v1/environment')), what);
      assertFailure(other, { code: 'ECONNRESET', socketPath: peer.socketPath });
      assert.ok(peer.heads() <= 4, 'tries have an end');
    });
  }
}

/** The peer writes this again and again until the connection is gone. */
const ENDLESS = {
  fields: [OK, (i) => `x-field-${i}: ${'v'.repeat(100)}\r\n`],
  'field value': [`${OK}x-own: `, () => 'v'.repeat(1000)],
  'field name': [OK, () => 'n'.repeat(1000)],
  'status line': ['HTTP/1.1 200 ', () => 'O'.repeat(1000)],
};

for (const [what, [start, more]] of Object.entries(ENDLESS)) {
  test(`endless ${what}`, async (t) => {
    let written = 0;
    const peer = await rawServer(t, async (socket) => {
      socket.write(start);
      while (!socket.destroyed && written < 64 * 1024 * 1024) {
        const piece = more(written);
        written += piece.length;
        if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
        else await new Promise(setImmediate);
      }
    });
    const error = await within(rejection(client(t, peer).GET('/v1/environment')), what);
    assertFailure(error, { code: 'ERR_CYCLE_BAD_RESPONSE', socketPath: peer.socketPath });
    await until(() => peer.sockets.size === 0, 'the connection is closed');
    assert.ok(written < 64 * 1024 * 1024, 'reading stops long before the peer tires');
  });
}

test('more than it announced: the rest is never taken for the next answer', async (t) => {
  const peer = await rawServer(t, (socket, _head, index) =>
    socket.write(
      index === 0 ? `${wholeAnswer({ first: true })}${wholeAnswer({ forged: true })}` : wholeAnswer({ second: true }),
    ),
  );
  const made = client(t, peer);
  assert.deepEqual((await made.GET('/v1/environment')).data, { first: true });
  assert.deepEqual((await made.GET('/v1/environment')).data, { second: true });
});

test('an answer nobody asked for is never taken for the next one', async (t) => {
  const peer = await rawServer(t, (socket) => socket.write(wholeAnswer({ asked: true })));
  const made = client(t, peer);
  assert.deepEqual((await made.GET('/v1/environment')).data, { asked: true });
  for (const socket of peer.sockets) socket.write(wholeAnswer({ forged: true }));
  for (let i = 0; i < 5; i++) {
    assert.deepEqual((await made.GET('/v1/environment')).data, { asked: true });
  }
});

test('an interim answer is skipped', async (t) => {
  const interim = ['100 Continue', '102 Processing', '103 Early Hints']
    .map((line) => `HTTP/1.1 ${line}\r\n\r\n`)
    .join('');
  const peer = await rawServer(t, (socket) => socket.write(interim + wholeAnswer({ at: 'last' })));
  assert.deepEqual((await client(t, peer).GET('/v1/environment')).data, { at: 'last' });
});

test('after a bad answer the client goes on', async (t) => {
  const peer = await rawServer(t, (socket, _head, index) =>
    socket.write(index % 2 ? wholeAnswer({ index }) : 'noise\r\n\r\n'),
  );
  const made = client(t, peer);
  for (let i = 0; i < 6; i += 2) {
    assert.equal((await rejection(made.POST('/v1/object-cache', { body: i }))).code, 'ERR_CYCLE_BAD_RESPONSE');
    assert.deepEqual((await made.POST('/v1/object-cache', { body: i })).data, { index: i + 1 });
  }
});

for (const how of ['a plain call', 'a middleware']) {
  test(`an answer to a head that is too large, before its server resets the connection: ${how}`, async (t) => {
    const peer = await httpServer(t, (_request, response) => json(response, {}));
    const made = client(t, peer);
    if (how === 'a middleware') made.use({ onRequest() {} });
    const { error, response } = await made.GET('/v1/environment', { headers: { large: 'x'.repeat(70_000) } });
    assert.equal(response.status, 431);
    assert.equal(error.error.status, 431);
  });
}
