'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { getClient } = require('@cycleplatform/internal-api-client');
const { waitForApi } = require('@cycleplatform/internal-api-client/live');
const { rejection, TOKEN } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { listen } = require('./peers/listener.js');
const { wrongAccess } = require('./peers/live.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until.js');

const access = ({ socketPath }) => ({ socketPath, token: TOKEN });

test('it resolves when the API answers', async (t) => {
  const simulator = await startedSimulator(t);
  assert.equal(await waitForApi({ socketPath: simulator.socketPath, token: simulator.token }), undefined);
  assert.deepEqual(
    simulator.requests.map(({ operationId }) => operationId),
    ['getHub'],
  );
});

test('an answer of any status counts, with any body', async (t) => {
  const answers = [
    (response) => json(response, {}, 401),
    (response) => json(response, {}, 503, { 'retry-after': '3600' }),
    (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{ no JSON'),
    (response) => response.writeHead(204).end(),
    (response) => response.writeHead(302, { location: 'ftp://elsewhere/' }).end(),
    (response) => response.writeHead(200, { 'content-encoding': 'br' }).end('no brotli'),
  ];
  const peer = await recordingServer(t, (_request, response, index) => answers[index](response));
  for (const _ of answers) await waitForApi(access(peer));
  assert.equal(peer.requests.length, answers.length);
});

test('an answer that is larger than the client permits counts', async (t) => {
  const peer = await recordingServer(t, (_request, response) => response.end('x'.repeat(1000)));
  const client = getClient({ ...access(peer), maxResponseBytes: 10 });
  await waitForApi({ client });
  await client.close();
});

test('it waits for a socket that comes later', async (t) => {
  const socketPath = temporarySocketPath(t);
  const waiting = waitForApi({ socketPath, token: TOKEN });
  const server = http.createServer((_request, response) => json(response, { data: {} }));
  await assert.rejects(waitForApi({ socketPath, token: TOKEN, timeoutMs: 100 }), { code: 'ERR_CYCLE_TIMEOUT' });
  await listen(t, server, socketPath);
  await waiting;
});

test('it goes on after connections that break off', async (t) => {
  const peer = await rawServer(t, (socket, _head, index) => {
    if (index < 2) socket.destroy();
    else socket.end(wholeAnswer({ data: {} }));
  });
  await waitForApi(access(peer));
  assert.equal(peer.heads(), 3);
});

test('after the time it rejects with the last failure as cause', async (t) => {
  const socketPath = temporarySocketPath(t);
  const error = await rejection(waitForApi({ socketPath, token: TOKEN, timeoutMs: 120 }));
  assert.equal(error.code, 'ERR_CYCLE_TIMEOUT');
  assert.match(error.message, /^GET \/v1\/hub was not answered within 120 ms\. The last attempt: .*ENOENT/);
  assert.equal(error.cause.code, 'ENOENT');
  assert.equal(error.cause.socketPath, socketPath);
});

test('a server that never answers is left after the time', async (t) => {
  const peer = await recordingServer(t, () => {});
  const error = await rejection(waitForApi({ ...access(peer), timeoutMs: 100 }));
  assert.equal(error.code, 'ERR_CYCLE_TIMEOUT');
  await until(() => peer.sockets.size === 0, 'the connection is gone');
});

test('a signal ends it with its reason', async (t) => {
  const socketPath = temporarySocketPath(t);
  const stop = new AbortController();
  const waiting = rejection(waitForApi({ socketPath, token: TOKEN, signal: stop.signal }));
  stop.abort(new Error('enough'));
  assert.equal((await within(waiting, 'the end')).message, 'enough');
  assert.equal(await rejection(waitForApi({ socketPath, token: TOKEN, signal: stop.signal })), stop.signal.reason);
});

test('what waiting does not change is thrown at once', async (t) => {
  const client = getClient({ socketPath: temporarySocketPath(t), token: TOKEN });
  await client.close();
  assert.equal((await rejection(waitForApi({ client }))).code, 'ERR_CYCLE_CLOSED');
  const socketPath = `/tmp/${'x'.repeat(200)}`;
  assert.equal((await rejection(waitForApi({ socketPath, token: TOKEN }))).code, 'ENAMETOOLONG');
  assert.equal((await rejection(waitForApi({ socketPath: 'a\0b', token: TOKEN }))).code, 'EINVAL');
  assert.equal((await rejection(waitForApi({ socketPath, token: 'a\nb' }))).code, 'ERR_CYCLE_INVALID_HEADER');
});

test('a client that was given stays open', async (t) => {
  const simulator = await startedSimulator(t);
  const client = getClient({ socketPath: simulator.socketPath, token: simulator.token });
  await waitForApi({ client });
  assert.equal((await client.GET('/v1/hub')).response.status, 200);
  await client.close();
});

test('wrong options are refused', async () => {
  for (const [options, code] of [
    ...wrongAccess(),
    [{ timeoutMs: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ timeoutMs: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ timeoutMs: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    [{ timeoutMs: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    [{ timeoutMS: 1 }, 'ERR_INVALID_ARG_VALUE'],
  ]) {
    assert.equal((await rejection(waitForApi(/** @type {any} */ (options)))).code, code, JSON.stringify(options));
  }
});
