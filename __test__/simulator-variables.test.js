'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');
const { startSimulator } = require('../testing');
const { binderProtocol } = require('../protocol');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');

/** @param {import('../testing').Simulator} simulator */
async function scopedVariables(simulator) {
  return Object.keys((await request(simulator, '/v1/environment/scoped-variables')).json.data);
}

test('scoped variables vanish when their time is over', async (t) => {
  const durations = { PAYMENT_API_KEY: '1m30s', DATABASE_PASSWORD: 60_000 };
  const simulator = await startedSimulator(t, { world: { scoped_variable_durations: durations } });
  const all = Object.keys(simulator.world.scoped_variables);
  const without = (/** @type {string[]} */ ...gone) => all.filter((name) => !gone.includes(name));
  assert.ok(all.length > 2);
  assert.deepEqual(await scopedVariables(simulator), all);
  simulator.advance(60_000);
  assert.deepEqual(await scopedVariables(simulator), without('DATABASE_PASSWORD'));
  simulator.advance(30_000);
  assert.deepEqual(await scopedVariables(simulator), without('DATABASE_PASSWORD', 'PAYMENT_API_KEY'));
  assert.deepEqual(Object.keys(simulator.world.scoped_variables), without('DATABASE_PASSWORD', 'PAYMENT_API_KEY'));

  simulator.reset();
  assert.deepEqual(await scopedVariables(simulator), all);
  simulator.update({ scoped_variable_durations: { SHOP_CURRENCY: '2h' } });
  simulator.advance(2 * 3_600_000);
  assert.deepEqual(await scopedVariables(simulator), without(...Object.keys(durations), 'SHOP_CURRENCY'));
});

test('a duration that is none is refused', async () => {
  for (const given of ['soon', '', -1]) {
    await assert.rejects(startSimulator({ world: { scoped_variable_durations: { PAYMENT_API_KEY: given } } }), {
      code: 'ERR_CYCLE_DECLARATION',
      message: `The simulator did not start: the world can't be served: scoped_variable_durations.PAYMENT_API_KEY must be a duration or a number of milliseconds, not ${JSON.stringify(given)}.`,
    });
  }
});

test('the environment is that of the instance that asks', async (t) => {
  const simulator = await startedSimulator(t);
  const { self, containers, instances } = simulator.world;
  const container = containers.find(({ id }) => id === self.container_id);
  const instance = instances.find(({ id }) => id === self.instance_id);
  const { ip, cidr } = instance?.environment.ipv6 ?? {};
  assert.deepEqual(simulator.env, {
    CYCLE_API_SOCKET: simulator.socketPath,
    CYCLE_API_TOKEN: simulator.token,
    CYCLE_AUTO_START: 'yes',
    CYCLE_COMPUTE_PROXY: 'http://compute-proxy.sample.invalid',
    CYCLE_CONTAINER_ID: self.container_id,
    CYCLE_CONTAINER_IDENTIFIER: container?.identifier,
    CYCLE_CPU_LIMITED: 'no',
    CYCLE_CPU_PERIOD: '100000',
    CYCLE_CPU_QUOTA: '800000',
    CYCLE_DEPLOYMENT_VERSION: instance?.deployment?.version,
    CYCLE_ENVIRONMENT_ID: self.environment_id,
    CYCLE_FIRST_START: 'no',
    CYCLE_INSTANCE_ID: self.instance_id,
    CYCLE_INSTANCE_IPV6_CIDR: cidr,
    CYCLE_INSTANCE_IPV6_IP: ip,
    CYCLE_INSTANCE_IPV6_SUBNET: instance?.environment.subnet,
    CYCLE_LOCATION_ID: instance?.location_id,
    CYCLE_METADATA_PATH: simulator.metadataPath,
    CYCLE_PROVIDER_IDENTIFIER: 'aws-main',
    CYCLE_PROVIDER_LOCATION: 'eu-west-1',
    CYCLE_PROVIDER_VENDOR: 'aws',
    CYCLE_SERVER_ID: self.server_id,
  });
  assert.ok(!Object.values(simulator.env).includes(undefined));
  const program = 'process.stdout.write(process.env.CYCLE_INSTANCE_ID)';
  assert.equal(
    execFileSync(process.execPath, ['-e', program], { env: simulator.env, encoding: 'utf8' }),
    self.instance_id,
  );
});

test('the environment follows the world, and has nothing that is not there', async (t) => {
  const simulator = await startedSimulator(t);
  const { self, instances } = simulator.world;
  const other = instances.find(({ container_id, deployment }) => container_id !== self.container_id && !deployment);
  simulator.update({ self: { instance_id: other?.id, container_id: other?.container_id } });
  assert.equal(simulator.env.CYCLE_INSTANCE_ID, other?.id);
  assert.equal(simulator.env.CYCLE_INSTANCE_IPV6_IP, other?.environment.ipv6?.ip);
  assert.ok(!('CYCLE_DEPLOYMENT_VERSION' in simulator.env));
  await simulator.close();
  assert.equal(simulator.env.CYCLE_INSTANCE_ID, other?.id);
});

test('a declared protocol has its own variables only', async (t) => {
  const simulator = await startedSimulator(t, { protocol: binderProtocol });
  assert.deepEqual(
    Object.keys(simulator.env).filter((name) => name.startsWith('CYCLE_')),
    [],
  );
});
