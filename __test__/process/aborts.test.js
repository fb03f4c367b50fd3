'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { runChild } = require('../peers/child.js');
const { httpServer, json } = require('../peers/http-server.js');
const { until } = require('../peers/until.js');

for (const kind of ['waiting', 'streaming', 'middleware', 'upload', 'pooled']) {
  test(`1,000 aborted calls leave nothing behind: ${kind}`, async (t) => {
    const peer = await httpServer(t, (request, response) => {
      request.on('error', () => {}).resume();
      if (request.url === '/v1/stream') response.write('x'.repeat(1000));
      else if (request.url === '/v1/ok') json(response, { data: 'ok' });
    });
    const child = await runChild('aborts', [peer.socketPath, kind], { node: ['--expose-gc'], limitMs: 120_000 });
    assert.deepEqual([child.code, child.stderr], [0, '']);
    const { wrong, listeners, descriptors, heaps, data } = JSON.parse(child.stdout);
    assert.equal(wrong, 0, 'every call rejects with its reason');
    assert.equal(listeners, 0, 'no listener on the signal');
    assert.ok(descriptors.at(-1) <= descriptors[0], `descriptors: ${descriptors}`);
    // Each round makes as many calls as the first. What is lost with each call would grow in each of them.
    const growth = heaps.slice(1).map((heap, i) => heap - heaps[i]);
    assert.ok(Math.min(...growth) < 64 * 1024, `bytes gained in each round: ${growth}`);
    assert.deepEqual(data, { data: 'ok' });
    await until(() => peer.sockets.size === 0, 'all connections are gone');
  });
}
