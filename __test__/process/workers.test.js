'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { runChild } = require('../peers/child.js');
const { httpServer, json } = require('../peers/http-server.js');
const { until } = require('../peers/until.js');

/** A peer that answers most requests, streams some and leaves some alone. */
const peerOfWorkers = (t) =>
  httpServer(t, (request, response) => {
    if (request.url === '/v1/never') return;
    if (request.url === '/v1/stream') {
      response.write('x'.repeat(100_000));
      return;
    }
    request.resume();
    json(response, { url: request.url });
  });

test('workers come and go under load', async (t) => {
  const peer = await peerOfWorkers(t);
  const child = await runChild('workers', [peer.socketPath, 'terminate'], { limitMs: 120_000 });
  assert.deepEqual([child.code, child.signal, child.stderr], [0, null, '']);
  const { started, terminated, mainCalls, wrong } = JSON.parse(child.stdout);
  assert.deepEqual({ started, terminated, wrong }, { started: 40, terminated: 40, wrong: 0 });
  assert.ok(mainCalls > 0);
  await until(() => peer.sockets.size === 0, 'all connections are gone');
});

test('workers that leave by themselves', async (t) => {
  const peer = await peerOfWorkers(t);
  const child = await runChild('workers', [peer.socketPath, 'leave'], { limitMs: 120_000 });
  assert.deepEqual([child.code, child.signal, child.stderr], [0, null, '']);
  assert.equal(JSON.parse(child.stdout).wrong, 0);
});

test('the main thread leaves while workers are busy', async (t) => {
  const peer = await peerOfWorkers(t);
  const child = await runChild('workers', [peer.socketPath, 'exit'], { limitMs: 120_000 });
  assert.deepEqual([child.code, child.signal, child.stderr], [5, null, '']);
});
