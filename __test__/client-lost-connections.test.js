'use strict';

// How often a server sees a request whose connection is lost: once, or twice where that does no harm.

const assert = require('node:assert/strict');
const net = require('node:net');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { httpServer, json } = require('./peers/http-server.js');
const { listen } = require('./peers/listener.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { within } = require('./peers/until.js');

const WARM = 100;

/** Has so many connections idle. */
async function warmUp(made, peer) {
  await Promise.all(Array.from({ length: WARM }, () => made.GET('/v1/warm')));
  assert.equal(peer.accepted(), WARM);
}

/** A server that answers all it has when `WARM` requests wait, and has `onRequest` for others. */
async function warmServer(t, onRequest) {
  const waiting = [];
  const seen = [];
  const peer = await httpServer(t, (request, response) => {
    if (request.url !== '/v1/warm') {
      seen.push(request.method);
      return onRequest(request, response);
    }
    waiting.push(response);
    if (waiting.length === WARM) for (const each of waiting.splice(0)) json(each, {});
  });
  return { ...peer, seen };
}

const INTERFACES = {
  'a plain call': () => {},
  'a call with middleware': (made) => made.use({ onRequest: () => undefined }),
};

for (const [what, prepare] of Object.entries(INTERFACES)) {
  for (const [method, times] of Object.entries({ GET: 2, HEAD: 2, PUT: 2, DELETE: 2, POST: 1, PATCH: 1 })) {
    test(`${what}: ${method} that costs each connection its life is sent ${times} times`, async (t) => {
      const peer = await warmServer(t, (request) => request.socket.destroy());
      const made = client(t, peer);
      await warmUp(made, peer);
      prepare(made);
      const error = await within(rejection(made[method]('/v1/deadly', {})), 'the call');
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(peer.seen.length, times);
      assert.equal(peer.accepted(), WARM + times - 1, 'the repeat has a connection of its own');
    });
  }
}

test('with `retry`, a request is sent as often as that says, each time on a new connection', async (t) => {
  const peer = await warmServer(t, (request) => request.socket.destroy());
  const made = client(t, peer, { retry: { retries: 3, baseDelayMs: 1 } });
  await warmUp(made, peer);
  await within(rejection(made.GET('/v1/deadly')), 'the call');
  assert.equal(peer.seen.length, 4);
  assert.equal(peer.accepted(), WARM + 3);
  await within(rejection(made.POST('/v1/deadly')), 'the POST');
  assert.equal(peer.seen.length, 5);
});

/** What comes before the connection is lost. */
const PARTS = {
  '100 Continue': 'HTTP/1.1 100 Continue\r\n\r\n',
  '103 Early Hints': 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
  'part of a head': 'HTTP/1.1 200 OK\r\ncontent-',
  'one byte': 'H',
};

for (const [what, part] of Object.entries(PARTS)) {
  for (const retry of [0, 3]) {
    test(`a request that ${what} answered is not repeated, with retry: ${retry}`, async (t) => {
      const peer = await rawServer(t, (socket, _head, index) => {
        if (index === 0) socket.write(wholeAnswer({}));
        else socket.end(part);
      });
      const made = client(t, peer, { retry: { retries: retry, baseDelayMs: 1 } });
      await made.GET('/v1/first');
      await within(rejection(made.GET('/v1/second')), 'the call');
      assert.equal(peer.heads(), 2);
    });

    test(`nor one that is still being written when ${what} came, with retry: ${retry}`, async (t) => {
      let requests = 0;
      const server = net.createServer((socket) => {
        socket.once('data', () => {
          requests += 1;
          socket.pause();
          if (requests === 1) socket.end(wholeAnswer({}));
          else socket.write(part, () => socket.destroy());
        });
      });
      const peer = await listen(t, server);
      const made = client(t, peer, { retry: { retries: retry, baseDelayMs: 1 } });
      await made.GET('/v1/first');
      const body = 'x'.repeat(4 << 20);
      await within(rejection(made.PUT('/v1/second', { body, bodySerializer: (same) => same })), 'the call');
      assert.equal(requests, 2);
    });
  }
}

test('a streamed body that was begun is not sent again', async (t) => {
  const peer = await warmServer(t, (request) => request.once('data', () => request.socket.destroy()));
  const made = client(t, peer, { retry: 2 });
  await warmUp(made, peer);
  const body = new Blob(['streamed']).stream();
  const call = made.PUT('/v1/deadly', { body, bodySerializer: (same) => same, duplex: 'half' });
  await within(rejection(call), 'the call');
  assert.equal(peer.seen.length, 1);
});

test('with `retry`, a POST whose connection was refused is sent when the server is there', async (t) => {
  const path = require('node:path');
  const { temporaryFolder } = require('./peers/temporary-folder.js');
  const socketPath = path.join(temporaryFolder(t), 'later.sock');
  const made = client(t, { socketPath }, { retry: { retries: 100, baseDelayMs: 20, maxDelayMs: 20 } });
  const call = made.POST('/v1/object-cache', { body: {} });
  const server = net.createServer((socket) => socket.once('data', () => socket.write(wholeAnswer({ at: 'last' }))));
  t.after(() => server.close());
  setTimeout(() => server.listen(socketPath), 50);
  assert.deepEqual((await within(call, 'the call')).data, { at: 'last' });
});
