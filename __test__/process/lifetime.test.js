'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { runChild } = require('../peers/child.js');
const { httpServer, json, recordingServer } = require('../peers/http-server.js');
const { until, within } = require('../peers/until.js');

/** Ways to leave a client behind; the process must end by itself after each. */
const ENDINGS = [
  'no-call',
  'after-calls',
  'after-close',
  'after-failure',
  'after-abort',
  'after-stream',
  'after-middleware',
];

for (const ending of ENDINGS) {
  test(`an idle client does not keep the process alive: ${ending}`, async (t) => {
    const peer = await recordingServer(t);
    const child = await runChild('idle', [peer.socketPath, ending], { limitMs: 30_000 });
    assert.deepEqual([child.code, child.signal, child.stderr], [0, null, '']);
    assert.equal(child.stdout, 'end of script\n');
  });
}

for (const kind of ['plain', 'middleware', 'stream', 'upload']) {
  test(`an awaited request does: ${kind}`, async (t) => {
    let answer;
    const peer = await httpServer(t, (_request, response) => {
      answer = () => json(response, { data: 'at last' });
    });
    const child = runChild('awaiting', [peer.socketPath, kind]);
    let ended = false;
    child.then(() => {
      ended = true;
    });
    await until(() => answer, 'the request');
    await sleep(300);
    assert.equal(ended, false);
    answer();
    const { code, stdout, stderr } = await within(child, 'the child');
    assert.deepEqual([code, stdout, stderr], [0, '{"data":"at last"}\n', '']);
  });
}

for (const how of ['exit', 'throw', 'reject', 'SIGTERM', 'exit-in-callback']) {
  test(`leaving with calls in flight is clean: ${how}`, async (t) => {
    const peer = await httpServer(t, (request, response) => {
      // A body that is not read would hide the end of its connection.
      request.on('error', () => {}).resume();
      if (request.url === '/v1/fast') json(response, { data: 'ok' });
      else if (request.url === '/v1/stream') response.write('some');
    });
    const child = await runChild('leaving', [peer.socketPath, how], { limitMs: 30_000 });
    const expected = {
      exit: [7, null],
      throw: [1, null],
      reject: [1, null],
      SIGTERM: [null, 'SIGTERM'],
      'exit-in-callback': [7, null],
    };
    assert.deepEqual([child.code, child.signal], expected[how], child.stderr);
    assert.ok(!/panicked|FATAL|SIGSEGV|SIGABRT/.test(child.stderr), child.stderr);
    await until(() => peer.sockets.size === 0, 'its connections are gone');
  });
}

test('no failure is an unhandled rejection when the caller handles it', async (t) => {
  const peer = await httpServer(t, (request, response) => {
    if (request.url === '/v1/drop') request.socket.destroy();
    else if (request.url === '/v1/half')
      response.writeHead(200, { 'content-length': 10 }).write('half', () => request.socket.destroy());
    else if (request.url === '/v1/ok') json(response, {});
  });
  const child = await runChild('failures-handled', [peer.socketPath], { limitMs: 60_000 });
  assert.deepEqual([child.code, child.stderr], [0, '']);
  assert.equal(child.stdout, 'no unhandled rejection\n');
});

test('processes that are started meanwhile inherit no connection', async (t) => {
  const peer = await recordingServer(t);
  const child = await runChild('starting-others', [peer.socketPath]);
  assert.equal(child.code, 0, child.stderr);
  const { own, listed, inherited } = JSON.parse(child.stdout);
  assert.ok(listed >= 3, 'the other process was looked at');
  assert.ok(own > 0, 'the client has connections');
  assert.equal(inherited, 0);
});
