'use strict';

const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const operations = require('../generated/operations.json');
const { startSimulator } = require('../testing');
const { assertError, assertValid } = require('./peers/declared-answers');
const { request } = require('./peers/http-request');

const NEW_IMAGE = '65f000000000000000000000';

/** @type {import('../testing').Simulator} */
let simulator;

before(async () => {
  simulator = await startSimulator();
});

beforeEach(() => simulator.reset());

after(() => simulator.close());

/** What each operation is asked with, where it needs anything. */
function inputs() {
  const { self, virtual_machines, instances } = simulator.world;
  const instance = instances.find(({ id }) => id === self.instance_id);
  const vm = `?virtual-machine-id=${virtual_machines[0].id}`;
  return /** @type {Record<string, { query?: string, body?: unknown, auth?: string }>} */ ({
    createInstanceJob: {
      body: {
        action: 'container.instance.stop',
        contents: { container_id: instance?.container_id, instance_id: instance?.id },
      },
    },
    submitLoadBalancerTelemetry: { body: {} },
    haCheckin: { body: { electable: true, priority: 1 } },
    postEvent: { body: [{ event: 'order.placed', priority: 'low', type: 'info' }] },
    postMetric: { body: [{ metric: 'orders', type: 'count', points: [] }] },
    postObjectCache: { body: { scope: 'global', key: 'greeting', value: 'hello', expires: '1h' } },
    getObjectCache: { query: '?scope=global&key=greeting' },
    downloadImage: { body: { image_id: NEW_IMAGE } },
    getVirtualMachine: { query: vm },
    getVirtualMachineDomains: { query: vm },
    getVirtualMachineGateways: { query: vm },
    validateVPNLogin: { auth: 'marta:sample-password-1' },
  });
}

for (const operation of operations) {
  test(`${operation.operationId} answers what it declares`, async () => {
    if (operation.operationId === 'getObjectCache') {
      await request(simulator, '/v1/object-cache', { body: inputs().postObjectCache.body });
    }
    const { query = '', body, auth } = inputs()[operation.operationId] ?? {};
    const { method, path } = operation;
    const answer = await request(simulator, path + query, { method, body, auth });
    assert.equal(answer.status, operation.success.status, answer.text);
    assert.equal(answer.headers['content-type'], 'application/json');
    assertValid(operation.success.schema, answer.json);
    assert.equal(simulator.requests.at(-1)?.operationId, operation.operationId);
  });

  test(`${operation.operationId} wants a token`, async () => {
    const { method, path } = operation;
    for (const token of [null, '', 'wrong']) {
      assertError(await request(simulator, path, { method, token }), 401, '401.auth-invalid');
    }
  });

  for (const { name } of operation.params.filter((/** @type {any} */ param) => param.required)) {
    test(`${operation.operationId} wants the parameter ${name}`, async () => {
      const others = new URLSearchParams(inputs()[operation.operationId]?.query);
      others.delete(name);
      const answer = await request(simulator, `${operation.path}?${others}`, { method: operation.method });
      assertError(answer, 422, '422.missing-argument', `/query/${name}`);
    });
  }

  if (operation.body) {
    test(`${operation.operationId} reads only JSON`, async () => {
      const send = (/** @type {any} */ options) =>
        request(simulator, operation.path, { method: operation.method, ...options });
      assertError(await send({ body: '{"a":' }), 400, '400.invalid-syntax');
      assertError(await send({}), 422, '422.missing-argument', '');
      const headers = { 'content-type': 'text/plain' };
      assertError(await send({ body: '{}', headers }), 415, '415.invalid-content-type');
      assertError(await send({ body: '"text"' }), 422, '422.invalid-argument', '');
    });
  }
}

test('a missing field is named by its place in the body', async () => {
  const cases = /** @type {[string, unknown, string][]} */ ([
    ['/v1/object-cache', { scope: 'global', key: 'k', value: 'v' }, '/expires'],
    ['/v1/ha/election/checkin', { electable: true }, '/priority'],
    ['/v1/server/images/download', {}, '/image_id'],
    [
      '/v1/monitoring/events',
      [
        { event: 'a', priority: 'low', type: 'info' },
        { event: 'b', type: 'info' },
      ],
      '/1/priority',
    ],
    ['/v1/conductor/tasks', {}, '/action'],
    [
      '/v1/conductor/tasks',
      { action: 'container.instance.start', contents: { container_id: 'x' } },
      '/contents/instance_id',
    ],
  ]);
  for (const [path, body, source] of cases) {
    assertError(await request(simulator, path, { body }), 422, '422.missing-argument', source);
  }
});

test('a wrong value is named too', async () => {
  const answer = await request(simulator, '/v1/object-cache?scope=world&key=k');
  assertError(answer, 422, '422.invalid-argument', '/query/scope');
  assert.match(answer.json.error.detail, /scope must be one of "global", "environment", "container", "instance"/);
  const body = { scope: 'global', key: 'k', value: 'v', expires: 'tomorrow' };
  assertError(await request(simulator, '/v1/object-cache', { body }), 422, '422.invalid-argument', '/expires');
});

test('unknown paths and methods are told apart by the methods allowed', async () => {
  assertError(await request(simulator, '/v1/nothing', { token: null }), 404, '404.uri');
  const answer = await request(simulator, '/v1/object-cache', { method: 'DELETE' });
  assertError(answer, 404, '404.uri');
  assert.equal(answer.headers.allow, 'GET, POST');
});

test('HEAD is answered like GET, without the body', async () => {
  const get = await request(simulator, '/v1/hub');
  const head = await request(simulator, '/v1/hub', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.equal(head.headers['content-length'], get.headers['content-length']);
});

test('what is asked without an ID is about the container that asks', async () => {
  const { self, containers } = simulator.world;
  assert.equal((await request(simulator, '/v1/container')).json.data.id, self.container_id);
  const other = containers.find(({ id }) => id !== self.container_id);
  const byId = await request(simulator, `/v1/container?container-id=${other?.id}`);
  assert.equal(byId.json.data.name, other?.name);
  const instances = (await request(simulator, `/v1/container/instances?container-id=${other?.id}`)).json.data;
  assert.ok(instances.length > 0);
  assert.ok(instances.every((/** @type {any} */ instance) => instance.container_id === other?.id));
  for (const path of ['/v1/container', '/v1/container/instances', '/v1/containers/domains']) {
    assertError(await request(simulator, `${path}?container-id=${NEW_IMAGE}`), 404, '404.container');
  }
  assertError(await request(simulator, `/v1/virtual-machine?virtual-machine-id=x`), 404, '404.virtual-machine');
});

test('another token is that of another instance', async () => {
  const { self, instances } = simulator.world;
  const other = instances.find((instance) => instance.container_id !== self.container_id);
  const token = simulator.tokenFor(String(other?.id));
  assert.equal((await request(simulator, '/v1/container', { token })).json.data.id, other?.container_id);
  assert.throws(() => simulator.tokenFor('nobody'), { name: 'TypeError', message: /no instance nobody/ });
});

test('integrations are found by identifier or vendor', async () => {
  const [first, second] = simulator.world.integrations;
  const find = async (/** @type {string} */ query) => (await request(simulator, `/v1/hub/integrations?${query}`)).json;
  assert.equal((await find(`identifier=${second.identifier}`)).data.id, second.id);
  assert.equal((await find(`vendor=${first.vendor}`)).data.id, first.id);
  assert.equal((await find(`identifier=${first.identifier}&vendor=nobody`)).error.code, '404.hub.integration');
});

test('services and networks agree with their instances', async () => {
  const instances = (await request(simulator, '/v1/environment/instances')).json.data;
  const ids = new Set(instances.map((/** @type {any} */ instance) => instance.id));
  const services = (await request(simulator, '/v1/environment/services')).json.data;
  assert.ok(['loadbalancer', 'discovery', 'vpn'].every((name) => services[name]));
  for (const { instances } of Object.values(services))
    assert.ok(instances.every((/** @type {any} */ i) => ids.has(i.id)));
  const containers = (await request(simulator, '/v1/server/containers')).json.data;
  const onServer = (await request(simulator, '/v1/server/instances')).json.data;
  assert.deepEqual(
    new Set(containers.map((/** @type {any} */ container) => container.id)),
    new Set(onServer.map((/** @type {any} */ instance) => instance.container_id)),
  );
});

test('the object cache keeps values by scope and key until they expire', async () => {
  const { self, instances } = simulator.world;
  const sibling = instances.find((i) => i.container_id === self.container_id && i.id !== self.instance_id);
  const other = simulator.tokenFor(String(sibling?.id));
  const value = { key: 'greeting', value: 'héllo', expires: '1m' };
  const read = async (/** @type {string} */ scope, /** @type {string} */ token = simulator.token) =>
    (await request(simulator, `/v1/object-cache?scope=${scope}&key=greeting`, { token })).json;

  assert.equal((await read('global')).error.status, 404);
  for (const scope of ['global', 'container', 'instance']) {
    const body = { ...value, scope };
    assert.deepEqual((await request(simulator, '/v1/object-cache', { body })).json, { data: null });
  }
  assert.deepEqual((await read('global')).data, { ...value, scope: 'global' });
  assert.equal((await read('environment')).data, null);
  assert.deepEqual((await read('container', other)).data, { ...value, scope: 'container' });
  assert.equal((await read('instance', other)).error.status, 404);
  simulator.advance(59_000);
  assert.equal((await read('instance')).data.value, 'héllo');
  simulator.advance(1_000);
  assertError(await request(simulator, '/v1/object-cache?scope=instance&key=greeting'), 404, '404.uri');
});

test('a downloaded image is in the list from then on', async () => {
  const { length } = simulator.world.server_images;
  for (let time = 0; time < 2; time++) {
    const { json } = await request(simulator, '/v1/server/images/download', { body: { image_id: NEW_IMAGE } });
    assert.equal(json.data.length, length + 1);
    assert.equal(json.data.at(-1).id, NEW_IMAGE);
    assert.deepEqual((await request(simulator, '/v1/server/images')).json, json);
  }
});

test('a VPN login is checked', async () => {
  const login = async (/** @type {any} */ options) => {
    const { status, json } = await request(simulator, '/v1/vpn/login', { method: 'POST', ...options });
    return [status, json.data];
  };
  assert.deepEqual(await login({ auth: 'jonas:sample-password-2', token: null }), [200, true]);
  assert.deepEqual(await login({ auth: 'jonas:sample-password-1', token: null }), [403, false]);
  assert.deepEqual(await login({ auth: 'nobody:' }), [403, false]);
  assert.deepEqual(await login({}), [403, false]);
  const refused = operations.find(({ operationId }) => operationId === 'validateVPNLogin').failures[0];
  assertValid(refused.schema, (await request(simulator, '/v1/vpn/login', { method: 'POST' })).json);
});

test('an instance is stopped and started', async () => {
  const { self } = simulator.world;
  const contents = { container_id: self.container_id, instance_id: self.instance_id };
  const run = (/** @type {string} */ action, /** @type {object} */ change = {}) =>
    request(simulator, '/v1/conductor/tasks', { body: { action, contents: { ...contents, ...change } } });
  const state = async (/** @type {string} */ path) => {
    const { data } = (await request(simulator, path)).json;
    return data.find((/** @type {any} */ instance) => instance.id === self.instance_id).state.current;
  };
  assert.equal(await state('/v1/container/instances'), 'running');
  assert.deepEqual((await run('container.instance.stop')).json, {});
  assert.equal(await state('/v1/container/instances'), 'stopped');
  assert.equal(await state('/v1/sdn/networks/instances'), 'stopped');
  await run('container.instance.start');
  assert.equal(await state('/v1/server/instances'), 'running');
  assertError(await run('container.instance.start', { instance_id: NEW_IMAGE }), 404, '404.instance');
  assertError(await run('container.instance.dance'), 422, '422.invalid-argument', '/action');
});
