'use strict';

// How long connections are kept that serve nobody, and how many there are.

const assert = require('node:assert/strict');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { printedBy, run } = require('./peers/child.js');
const { client } = require('./peers/client.js');
const { httpServer, json, recordingServer } = require('./peers/http-server.js');
const { until } = require('./peers/until.js');

test('keepAliveTimeoutMs: the connections of a burst are closed when they have been idle for so long', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer, { keepAliveTimeoutMs: 100 });
  await Promise.all(Array.from({ length: 20 }, () => made.GET('/v1/hub')));
  assert.ok(peer.accepted() > 1);
  await until(() => peer.sockets.size === 0, 'all are closed');
  assert.equal((await made.GET('/v1/hub')).response.status, 200);
});

test('keepAliveTimeoutMs: a connection in use is kept', async (t) => {
  const peer = await httpServer(t, (_request, response) => setTimeout(() => json(response, {}), 150));
  const made = client(t, peer, { keepAliveTimeoutMs: 100 });
  for (let i = 0; i < 3; i++) await made.GET('/v1/hub');
  assert.equal(peer.accepted(), 1);
});

test('without it, they are closed after seconds and not minutes', async (t) => {
  const peer = await httpServer(t, (_request, response) => json(response, {}), { keepAliveTimeout: 0 });
  const made = client(t, peer);
  await made.GET('/v1/hub');
  await sleep(2500);
  await made.GET('/v1/hub');
  assert.equal(peer.accepted(), 1);
  await until(() => peer.sockets.size === 0, 'it is closed', 8000);
});

test('a server that closes idle connections sooner is left sooner', async (t) => {
  const peer = await httpServer(t, (_request, response) => json(response, {}, 200, { 'keep-alive': 'timeout=1' }));
  const made = client(t, peer, { keepAliveTimeoutMs: 600_000 });
  await made.GET('/v1/hub');
  await until(() => peer.sockets.size === 0, 'it is closed', 5000);
});

test('a closed client gives its connections back at once', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer, { keepAliveTimeoutMs: 600_000 });
  await Promise.all(Array.from({ length: 20 }, () => made.GET('/v1/hub')));
  await made.close();
  await until(() => peer.sockets.size === 0, 'all are closed');
});

test('so does one that is garbage', async (t) => {
  const peer = await recordingServer(t);
  const script = `
    const { getClient } = require(${JSON.stringify(require.resolve('..'))});
    const fs = require('node:fs');
    const use = async () => {
      const made = getClient({ socketPath: process.argv[1], token: 'any' });
      await Promise.all(Array.from({ length: 20 }, () => made.GET('/v1/hub')));
    };
    use().then(async () => {
      const open = () => fs.readdirSync('/proc/self/fd').filter((fd) => {
        try { return fs.readlinkSync('/proc/self/fd/' + fd).startsWith('socket:'); } catch { return false; }
      }).length;
      const before = open();
      for (let i = 0; i < 20 && open() > before - 10; i++) {
        global.gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log(before, open());
    });`;
  const stdout = await printedBy(script, [peer.socketPath], { node: ['--expose-gc'] });
  const [before, after] = stdout.split(' ').map(Number);
  assert.ok(after <= before - 10, stdout);
});

test('maxConnections fits the descriptors that the process may have', async (t) => {
  let most = 0;
  const waiting = [];
  const peer = await httpServer(t, (_request, response) => {
    most = Math.max(most, peer.sockets.size);
    waiting.push(response);
    setTimeout(() => json(waiting.shift(), {}), 20);
  });
  const script = `
    const { getClient } = require(${JSON.stringify(require.resolve('..'))});
    const made = getClient({ socketPath: process.argv[1], token: 'any' });
    Promise.all(Array.from({ length: 400 }, () => made.GET('/v1/hub'))).then(
      (all) => { console.log(all.length); },
      (error) => { console.log(error.code); },
    );`;
  const command = 'ulimit -n 100; exec "$0" -e "$1" "$2"';
  const { stdout } = await run('sh', ['-c', command, process.execPath, script, peer.socketPath]);
  assert.equal(stdout.trim(), '400');
  assert.ok(most <= 50, `${most} at once`);
});
