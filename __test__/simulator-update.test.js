'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { getClient } = require('..');
const { binderProtocol } = require('../protocol');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');

test('an object is merged into the world', async (t) => {
  const simulator = await startedSimulator(t, { world: { hub: { name: 'First' } } });
  const before = simulator.world;
  simulator.update({ environment: { name: 'Staging', about: { favorite: false } }, vpn_users: [] });
  const { environment, vpn_users, ...rest } = simulator.world;
  assert.deepEqual(environment, {
    ...before.environment,
    name: 'Staging',
    about: { ...before.environment.about, favorite: false },
  });
  assert.deepEqual(vpn_users, []);
  assert.deepEqual({ ...rest, environment: 0, vpn_users: 0 }, { ...before, environment: 0, vpn_users: 0 });
  assert.deepEqual((await request(simulator, '/v1/environment')).json.data, environment);
  simulator.reset();
  assert.deepEqual(simulator.world, before);
});

test('a function changes the world, or gives another', async (t) => {
  const simulator = await startedSimulator(t);
  simulator.update((world) => {
    world.instances.splice(1);
  });
  assert.equal((await request(simulator, '/v1/environment/instances')).json.data.length, 1);
  simulator.update((world) => ({ ...world, scoped_variables: { ONE: '1' } }));
  assert.deepEqual((await request(simulator, '/v1/environment/scoped-variables')).json.data, { ONE: '1' });
});

test('the token belongs to whom the world names', async (t) => {
  const simulator = await startedSimulator(t);
  const { self, containers } = simulator.world;
  const other = containers.find(({ id }) => id !== self.container_id)?.id ?? '';
  simulator.update({ self: { container_id: other } });
  assert.equal((await request(simulator, '/v1/container')).json.data.id, other);
});

test('what a request changed meanwhile is not lost', async (t) => {
  const simulator = await startedSimulator(t);
  const images = [...new Array(20).keys()].map((index) => index.toString(16).padStart(24, '0'));
  const client = getClient({ socketPath: simulator.socketPath, token: simulator.token });
  const downloads = images.map((image_id) => client.POST('/v1/server/images/download', { body: { image_id } }));
  let updates = 0;
  const all = Promise.all(downloads).then(() => true);
  while (!(await Promise.race([all, new Promise((resolve) => setImmediate(resolve, false))]))) {
    simulator.update((world) => {
      updates += 1;
      world.environment.name = `Update ${updates}`;
    });
  }
  const { server_images, environment } = simulator.world;
  const ids = server_images.map(({ id }) => id);
  assert.deepEqual(
    images.filter((id) => !ids.includes(id)),
    [],
  );
  assert.equal(environment.name, `Update ${updates}`);
});

test('a change that cannot be served is refused, and nothing changes', async (t) => {
  const simulator = await startedSimulator(t);
  const { world } = simulator;
  const refused = (/** @type {any} */ change, /** @type {RegExp} */ message) =>
    assert.throws(() => simulator.update(change), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message });
  refused(5, /^update takes an object or a function, not a number$/);
  refused(null, /^update takes an object or a function, not null$/);
  refused({ hub: 1n }, /^the change cannot be written as JSON/);
  refused(() => 5, /^the function for update must return an object, not a number$/);
  refused(async () => {}, /^the function for update must not be async$/);
  refused({ scoped_variable_durations: { A: 'soon' } }, /scoped_variable_durations\.A must be a duration or a number/);
  refused((/** @type {any} */ changed) => {
    changed.containers[0].config.deploy.ha_elections.stale_primary_deadline = '3s';
  }, /stale_primary_deadline must be a duration of 15s or more, not "3s"$/);
  assert.deepEqual(simulator.world, world);
});

test('a declared protocol has neither a world nor scopes', async (t) => {
  const simulator = await startedSimulator(t, { protocol: binderProtocol });
  const expected = { code: 'ERR_INVALID_ARG_VALUE', message: /^the simulator of a declared protocol has no / };
  assert.throws(() => simulator.update({}), expected);
  assert.throws(() => simulator.setScopes([]), expected);
});

test('a token is replaced while the simulator runs', async (t) => {
  const simulator = await startedSimulator(t);
  const { token, world } = simulator;
  const other = simulator.tokenFor(world.instances[1]?.id ?? '');
  simulator.setToken('another');
  assert.deepEqual([simulator.token, simulator.env.CYCLE_API_TOKEN], ['another', 'another']);
  const status = async (/** @type {string} */ sent) => (await request(simulator, '/v1/hub', { token: sent })).status;
  assert.deepEqual([await status(token), await status('another'), await status(other)], [401, 200, 200]);
  simulator.setToken(token);
  assert.deepEqual([await status(token), await status('another')], [200, 401]);
  for (const wrong of /** @type {any[]} */ ([undefined, '', 5, 'a\nb'])) {
    assert.throws(() => simulator.setToken(wrong), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
  }
  assert.equal(simulator.token, token);
});

test('the token of a declared protocol is replaced too', async (t) => {
  const simulator = await startedSimulator(t, { protocol: binderProtocol });
  const before = simulator.env;
  simulator.setToken('another');
  assert.deepEqual(
    Object.entries(simulator.env)
      .filter(([name, value]) => value !== before[name])
      .map(([, value]) => value),
    ['another'],
  );
});
