'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const test = require('node:test');
const { binderProtocol, defineProtocol } = require('../protocol');
const { startSimulator } = require('../testing');
const { bodyOf } = require('./peers/http-server.js');
const { startedSimulator } = require('./peers/started-simulator.js');

/** Sends a request by node:http. */
function send(simulator, method, path, { key = simulator.token, body } = {}) {
  const { socketPath, port } = simulator;
  const headers = {
    ...(key && { authorization: key }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, port, host: '127.0.0.1', method, path, headers }, async (response) => {
      const text = (await bodyOf(response)).toString();
      resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Every endpoint of Binder with a request that fits. */
const REQUESTS = [
  ['build.start', 'POST', '/builds/', { repository: 'r' }],
  ['build.status', 'GET', '/builds/my%20image'],
  ['build.statusAll', 'GET', '/builds/'],
  ['registry.fetch', 'GET', '/templates/base'],
  ['registry.fetchAll', 'GET', '/templates/'],
  ['deploy.deploy', 'POST', '/applications/', { 'template-name': 'base', 'cull-timeout': 3 }],
  ['deploy.status', 'GET', '/applications/base/env-1'],
  ['deploy.statusAll', 'GET', '/applications/base'],
  ['deploy.statusAll', 'GET', '/applications/'],
  ['deploy._preload', 'POST', '/preload/base'],
  ['deploy._preloadStatus', 'GET', '/preload/base'],
  ['health.status', 'GET', '/health/'],
];

for (const options of [{}, { port: 0 }]) {
  test(`Binder is served on ${'port' in options ? 'a TCP port' : 'a Unix socket'}`, async (t) => {
    const simulator = await startedSimulator(t, { ...options, protocol: binderProtocol });
    for (const [id, method, path, body] of REQUESTS) {
      const answer = await send(simulator, method, path, { body });
      assert.equal(answer.status, 200, `${id}: ${JSON.stringify(answer.body)}`);
      assert.equal(simulator.requests.at(-1).operationId, id);
    }
    const { body } = await send(simulator, 'GET', '/applications/base/env-1');
    assert.deepEqual(body, { id: 'env-1', location: 'location' }, 'fields named like params echo them');
    const { body: builds } = await send(simulator, 'GET', '/builds/');
    assert.deepEqual(Object.keys(builds[0]), ['name', 'start-time', 'status', 'phase', 'repository']);
    assert.ok(!JSON.stringify(simulator.requests).includes(simulator.token), 'the key is not recorded');
  });
}

test('requests that do not fit get the declared errors', async (t) => {
  const simulator = await startedSimulator(t, { protocol: binderProtocol, token: 'key' });
  for (const [method, path, options, status, type] of [
    ['GET', '/builds/', { key: null }, 403, 'unauthorized'],
    ['GET', '/builds/', { key: 'wrong' }, 403, 'unauthorized'],
    ['POST', '/builds/', { body: {} }, 422, 'malformedRequest'],
    ['POST', '/builds/', { body: { repository: 5 } }, 422, 'malformedRequest'],
    ['POST', '/builds/', { body: { repository: 'r', other: 1 } }, 422, 'malformedRequest'],
    ['POST', '/builds/', { body: [] }, 422, 'malformedRequest'],
    ['GET', '/health/?x=1', {}, 422, 'malformedRequest'],
    ['GET', '/nothing', {}, 404, 'generic'],
    ['DELETE', '/builds/', {}, 405, 'generic'],
  ]) {
    const { status: found, body, headers } = await send(simulator, method, path, options);
    assert.deepEqual([found, body.type], [status, type], `${method} ${path}`);
    assert.equal(typeof body.error, 'string');
    assert.equal(headers.allow, status === 405 ? 'GET, POST' : undefined);
  }
});

test('declared errors and any other answer come on demand', async (t) => {
  const simulator = await startedSimulator(t, { protocol: binderProtocol });
  const start = () => send(simulator, 'POST', '/builds/', { body: { repository: 'r' } });
  assert.equal(simulator.fail('build.start', 'alreadyBuilding'), simulator);
  assert.deepEqual((await start()).body, { type: 'alreadyBuilding', error: 'This image is being built at the moment' });
  simulator.fail('build.start', null);
  assert.equal((await start()).status, 200);
  simulator.fail('build.start', 'badQuery').reset();
  assert.equal((await start()).status, 200);
  const handle = simulator.respond('build.start', { status: 201, body: { name: 'mine' } });
  assert.deepEqual(await start().then(({ status, body }) => [status, body]), [201, { name: 'mine' }]);
  handle.remove();
  assert.throws(() => simulator.fail('build.stop', 'badQuery'), TypeError);
  assert.throws(() => simulator.fail('build.start', 'noNews'), TypeError);
  assert.throws(() => simulator.fail('build.start', 'timeout'), TypeError);
  const cycle = await startedSimulator(t);
  assert.throws(() => cycle.fail('hub.get', 'forbidden'), TypeError);
});

test('programs find it by the variables that the protocol declares', async (t) => {
  const protocol = defineProtocol({
    global: {
      params: {
        key: { type: String, env: 'NOTES_KEY' },
        host: { type: String, env: 'NOTES_HOST' },
        port: { type: Number, env: 'NOTES_PORT' },
        'socket-path': { type: String, env: 'NOTES_SOCKET' },
      },
      request: { credential: { param: 'key', header: 'x-key' } },
    },
    a: { b: { path: '/', description: 'b', request: { method: 'GET', authorized: true } } },
  });
  const onSocket = await startedSimulator(t, { protocol, token: 'k' });
  assert.deepEqual(onSocket.env, { NOTES_KEY: 'k', NOTES_SOCKET: onSocket.socketPath });
  const onPort = await startedSimulator(t, { protocol, port: 0 });
  assert.deepEqual(onPort.env, { NOTES_KEY: onPort.token, NOTES_HOST: '127.0.0.1', NOTES_PORT: String(onPort.port) });
  await assert.rejects(startSimulator({ protocol: { a: {} } }), { name: 'ProtocolDeclarationError' });
  await assert.rejects(startSimulator({ protocol, world: {} }), TypeError);
});
