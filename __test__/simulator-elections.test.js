'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const operations = require('../generated/operations.json');
const { startSimulator } = require('../testing');
const { assertError, assertValid } = require('./peers/declared-answers');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');

const CHECKIN = '/v1/ha/election/checkin';

/** @typedef {import('../testing').Simulator} Simulator */

/**
 * The instances of the container that asks, with a function that lets one of them check in.
 *
 * @param {Simulator} simulator
 */
function electorate(simulator) {
  const { self, instances } = simulator.world;
  const ids = instances.filter((entry) => entry.container_id === self.container_id).map(({ id }) => id);
  const tokens = new Map(ids.map((id) => [id, simulator.tokenFor(id)]));
  const checkIn = async (/** @type {string} */ id, { electable = true, priority = 1 } = {}) => {
    const body = { electable, priority };
    const { json, text } = await request(simulator, CHECKIN, { token: tokens.get(id), body });
    assert.ok(json.data, text);
    return json.data;
  };
  const primary = async (/** @type {string} */ id, /** @type {{}} */ body) =>
    (await checkIn(id, body)).primary_instance_id;
  return { ids, checkIn, primary };
}

/**
 * What an operation answers, checked against its declaration.
 *
 * @param {Simulator} simulator
 * @param {string} path
 */
async function read(simulator, path) {
  const { json } = await request(simulator, path);
  const operation = operations.find((known) => known.method === 'GET' && known.path === path);
  assertValid(operation.success.schema, json);
  return json.data;
}

/**
 * The state of the election wherever it is shown: of the container, and of its instances by ID.
 *
 * @param {Simulator} simulator
 */
async function shown(simulator) {
  const { container_id } = simulator.world.self;
  const container = (await read(simulator, '/v1/container')).ha_elections;
  const listed = await read(simulator, '/v1/environment/containers');
  assert.deepEqual(listed.find((/** @type {any} */ { id }) => id === container_id).ha_elections, container);
  const own = await read(simulator, '/v1/container/instances');
  const all = await read(simulator, '/v1/environment/instances');
  for (const { id, ha_elections } of own) {
    assert.deepEqual(all.find((/** @type {any} */ entry) => entry.id === id).ha_elections, ha_elections);
  }
  const instances = new Map(own.map((/** @type {any} */ { id, ha_elections }) => [id, ha_elections]));
  return { container, instances };
}

test('the lease moves when the primary stops checking in', async (t) => {
  const simulator = await startedSimulator(t);
  const { ids, primary } = electorate(simulator);
  const [one, two, three] = ids;
  assert.equal(await primary(three, { electable: false, priority: 9 }), null);
  assert.equal(await primary(one), one);
  assert.equal(await primary(two, { priority: 9 }), one);
  simulator.advance(40_000);
  assert.equal(await primary(one), one);
  simulator.advance(40_000);
  assert.equal(await primary(two), one);
  simulator.advance(5_000);
  assert.equal(await primary(two), two);
  assert.equal(await primary(one), two);
  assert.equal(await primary(two, { electable: false }), one);
});

test('containers and instances show the election', async (t) => {
  const simulator = await startedSimulator(t);
  const { ids, checkIn } = electorate(simulator);
  const [one, two, three] = ids;
  const before = await shown(simulator);
  assert.deepEqual([before.container, before.instances.get(one)], [undefined, undefined]);

  const first = (await checkIn(one, { priority: 3 })).time;
  simulator.advance(10_000);
  const second = (await checkIn(one, { priority: 4 })).time;
  simulator.advance(10_000);
  const third = (await checkIn(two)).time;
  const held = await shown(simulator);
  assert.deepEqual(held.container, {
    last_checkin: third,
    primary: { instance_id: one, priority: 4, elected: first, last_checkin: second },
  });
  assert.deepEqual(held.instances.get(one), { elected_primary: first, last_checkin: second });
  assert.deepEqual(held.instances.get(two), { elected_primary: null, last_checkin: third });
  assert.equal(held.instances.get(three), undefined);

  simulator.advance(35_000);
  const stale = await shown(simulator);
  assert.deepEqual(stale.container, { last_checkin: third, primary: null });
  assert.deepEqual(stale.instances.get(one), { elected_primary: null, last_checkin: second });
  assert.equal(simulator.world.containers[0]?.ha_elections?.primary, null);

  const fourth = (await checkIn(two)).time;
  const moved = await shown(simulator);
  const { instance_id, elected } = moved.container.primary;
  assert.deepEqual([instance_id, elected], [two, fourth]);

  await checkIn(two, { electable: false });
  assert.equal((await shown(simulator)).container.primary, null);

  simulator.reset();
  assert.equal((await shown(simulator)).container, undefined);
  assert.equal((await checkIn(one)).primary_instance_id, one);
});

test('the time of election stays while no other instance becomes primary', async (t) => {
  const simulator = await startedSimulator(t);
  const { ids, checkIn } = electorate(simulator);
  const [one, two] = ids;
  const elected = async () => (await shown(simulator)).container.primary?.elected;
  const first = (await checkIn(one)).time;
  for (const pause of [10_000, 44_000, 60_000]) {
    simulator.advance(pause);
    await checkIn(one);
    assert.equal(await elected(), first);
  }
  await checkIn(two);
  simulator.advance(1_000);
  await checkIn(one, { electable: false });
  const second = await elected();
  assert.ok(second > first, `${second} after ${first}`);
  await checkIn(two, { electable: false });
  simulator.advance(1_000);
  await checkIn(one);
  assert.ok((await elected()) > second);
});

test('a container without the setting holds no elections', async (t) => {
  const simulator = await startedSimulator(t);
  const { self, instances } = simulator.world;
  const stranger = instances.find(({ container_id }) => container_id !== self.container_id)?.id ?? '';
  const body = { electable: true, priority: 1 };
  const answer = await request(simulator, CHECKIN, { token: simulator.tokenFor(stranger), body });
  assertError(answer, 404, '404.ha-service.session');
  assert.match(answer.json.error.detail, /config\.deploy\.ha_elections\.stale_primary_deadline is not set/);
  assert.equal((await request(simulator, CHECKIN, { body })).status, 200);
});

test('the option ends the elections of all containers', async (t) => {
  const simulator = await startedSimulator(t, { election: { enabled: false } });
  const answer = await request(simulator, CHECKIN, { body: { electable: true, priority: 1 } });
  assertError(answer, 404, '404.ha-service.session');
});

/** @param {string | null} deadline */
function withDeadline(deadline) {
  return (/** @type {import('../testing').SimulatedWorld} */ world) => {
    const container = world.containers.find(({ id }) => id === world.self.container_id);
    Object.assign(container?.config.deploy ?? {}, {
      ha_elections: deadline === null ? null : { stale_primary_deadline: deadline },
    });
  };
}

test("the deadline is the container's, unless the option gives one", async (t) => {
  for (const { options, deadline } of [
    { options: { world: withDeadline('1m30s') }, deadline: 90_000 },
    { options: { world: withDeadline('15s') }, deadline: 15_000 },
    { options: { world: withDeadline('15s'), election: { deadlineMs: 200 } }, deadline: 200 },
  ]) {
    const simulator = await startedSimulator(t, options);
    const { ids, primary } = electorate(simulator);
    const [one, two] = ids;
    assert.equal(await primary(one), one);
    simulator.advance(deadline);
    assert.equal(await primary(two), two);
  }
  const without = await startedSimulator(t, { world: withDeadline(null), election: { deadlineMs: 200 } });
  const answer = await request(without, CHECKIN, { body: { electable: true, priority: 1 } });
  assertError(answer, 404, '404.ha-service.session');
});

test('a world with a deadline below 15 seconds is refused', async () => {
  for (const deadline of ['14s', '0s', 'soon']) {
    await assert.rejects(startSimulator({ world: withDeadline(deadline), election: { deadlineMs: 20_000 } }), {
      code: 'ERR_CYCLE_DECLARATION',
      message: `The simulator did not start: the world can't be served: containers.0.config.deploy.ha_elections.stale_primary_deadline must be a duration of 15s or more, not "${deadline}".`,
    });
  }
});
