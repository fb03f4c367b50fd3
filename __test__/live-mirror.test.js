'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { getClient } = require('..');
const { mirrorEnvironment } = require('../live');
const { environmentPlatform, gate, PATHS } = require('./peers/environment-platform.js');
const { mirrored, QUICK } = require('./peers/mirrored.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { until, within } = require('./peers/until.js');

/** @param {any} mirror */
const synced = (mirror) =>
  within(
    mirror.until((one) => one.freshness.synced),
    'the mirror is in sync',
  );

test('every list of the simulator is there by ID, and nothing that was not asked for', async (t) => {
  const simulator = await startedSimulator(t);
  const { socketPath, token, world } = simulator;
  const resources = /** @type {any} */ (Object.keys(PATHS));
  const { mirror } = await mirrored(t, { socketPath }, { token, resources });
  const byId = (/** @type {any[]} */ list) => new Map(list.map((one) => [one.id, one]));
  assert.deepEqual(mirror.freshness.synced, true);
  assert.equal(mirror.freshness.reason, undefined);
  assert.deepEqual(new Map(mirror.instances), byId(world.instances));
  assert.deepEqual(new Map(mirror.ips), byId(world.ips));
  assert.deepEqual(new Map(mirror.virtualMachines), byId(world.virtual_machines));
  assert.deepEqual(new Map(mirror.services), new Map(Object.entries(world.services)));
  assert.ok(world.containers.every(({ id }) => mirror.containers.has(id)));
  const lists = simulator.requests.filter(({ method, path }) => method === 'GET' && path !== '/v1/notifications');
  assert.deepEqual(lists.map(({ path }) => path).sort(), Object.values(PATHS).sort(), 'each list was asked for once');
  assert.equal(simulator.requests[0].path, '/v1/notifications', 'first of all, notifications');

  const { mirror: few } = await mirrored(t, { socketPath }, { token });
  assert.ok(few.containers && few.instances);
  assert.deepEqual([few.services, few.ips, few.virtualMachines], [undefined, undefined, undefined]);
});

test('a collection is a Map that only its mirror changes, with frozen entries', async (t) => {
  const { mirror } = await mirrored(t, await environmentPlatform(t));
  const { containers } = mirror;
  assert.ok(containers instanceof Map);
  assert.equal(containers.size, 1);
  for (const change of ['set', 'delete', 'clear']) {
    assert.throws(() => /** @type {any} */ (containers)[change]('c1', {}), {
      name: 'TypeError',
      message: /cannot be changed/,
    });
  }
  assert.throws(() => /** @type {any} */ ((containers.get('c1').state.current = 'stopped')), TypeError);
  assert.deepEqual(
    containers.filter((entry, id) => entry.name === 'api' && id === 'c1'),
    [containers.get('c1')],
  );
  assert.deepEqual(
    containers.filter(() => false),
    [],
  );
  assert.equal(
    containers.find(({ name }) => name === 'api'),
    containers.get('c1'),
  );
  assert.equal(
    containers.find(() => false),
    undefined,
  );
});

test('a change says what was added, removed and changed; the mirror is new by then; equal entries stay the same objects', async (t) => {
  const platform = await environmentPlatform(t);
  platform.lists.containers = ['a', 'b', 'c'].map((id) => ({ id, config: { deep: [{ value: 1 }] } }));
  const { mirror, changes } = await mirrored(t, platform);
  const before = new Map(mirror.containers);
  const seen = [];
  mirror.on('change', () => seen.push([...mirror.containers.keys()]));
  platform.lists.containers = ['d', 'c', 'b'].map((id) => ({ config: { deep: [{ value: id === 'b' ? 2 : 1 }] }, id }));
  platform.notify('container.reconfigured');
  await until(() => changes.length === 1, 'a change');
  const [{ resource, added, removed, changed }] = changes;
  assert.equal(resource, 'containers');
  assert.deepEqual(added, [{ id: 'd', config: { deep: [{ value: 1 }] } }]);
  assert.deepEqual(removed, [before.get('a')]);
  assert.deepEqual(changed, [
    { id: 'b', before: before.get('b'), after: { id: 'b', config: { deep: [{ value: 2 }] } } },
  ]);
  assert.equal(mirror.containers.get('c'), before.get('c'));
  assert.deepEqual(seen, [['b', 'c', 'd']]);
});

test('each resource is asked for again after the notifications that concern it', async (t) => {
  const platform = await environmentPlatform(t);
  const resources = /** @type {(keyof typeof PATHS)[]} */ (Object.keys(PATHS));
  const { mirror } = await mirrored(t, platform, { resources });
  /** @type {Record<string, string[]>} */
  const concerned = {
    'container.state.changed': ['containers', 'instances', 'services', 'ips'],
    'container.instances.reconfigured': ['containers', 'instances', 'services', 'ips'],
    'container.new': ['containers', 'instances', 'services'],
    'container.instance.state.changed': ['instances', 'services', 'ips'],
    'container.instance.health.status.changed': ['instances', 'services'],
    'environment.services.lb.ips.modified': ['services', 'ips'],
    'environment.services.reconfigured': ['services'],
    'environment.deployments.reconfigured': ['containers', 'instances'],
    'infrastructure.ips.assignment.state.changed': ['ips'],
    'ips_pool.reconfigured': ['ips'],
    'virtual-machine.state.changed': ['instances', 'ips', 'virtualMachines'],
    'virtual-machine.ssh-key.new': ['virtualMachines'],
    'container.backup.new': [],
    'hub.updated': [],
  };
  for (const [topic, wanted] of Object.entries(concerned)) {
    await synced(mirror);
    const counts = Object.fromEntries(resources.map((one) => [one, platform.askedFor(one).length]));
    platform.notify(topic);
    // What comes after it in the stream is seen after it.
    platform.notify('virtual-machine.updated');
    const more = () => resources.filter((one) => platform.askedFor(one).length > counts[one]);
    const expected = resources.filter((one) => wanted.includes(one) || one === 'virtualMachines');
    await until(() => expected.every((one) => more().includes(one)), topic);
    await synced(mirror);
    assert.deepEqual(more(), expected, topic);
  }
});

for (const phase of ['before', 'during', 'after']) {
  test(`what is notified ${phase} the first list is there in the end`, async (t) => {
    const platform = await environmentPlatform(t);
    const { opened, open } = gate();
    platform.answer = async ({ resource, index }) => {
      if (resource === 'containers' && index === 0) {
        // The answer is from before the change, as of a platform that is slow to send it.
        const body = { data: structuredClone(platform.lists.containers) };
        await opened;
        return { body, status: 200 };
      }
      return undefined;
    };
    const starting = mirrored(t, platform);
    await until(() => platform.askedFor('containers').length === 1, 'the first list');
    const change = () => {
      platform.lists.containers = [{ id: 'new' }];
      platform.notify('container.new');
    };
    if (phase === 'before') change();
    if (phase === 'during') {
      change();
      await until(() => platform.askedFor('instances').length === 2, 'the notification has come');
    }
    open();
    const { mirror } = await starting;
    if (phase === 'after') change();
    await within(
      mirror.until(({ containers }) => containers.has('new')),
      'the change is seen',
    );
    await synced(mirror);
    assert.deepEqual([...mirror.containers.keys()], ['new']);
    assert.equal(platform.running.most, 1, 'one list at a time');
  });
}

for (const how of /** @type {const} */ (['closed', 'dropped'])) {
  for (const phase of ['before the list', 'during the list', 'after the list']) {
    test(`deletes that were missed because the connection was ${how} ${phase} are made up for`, async (t) => {
      const platform = await environmentPlatform(t);
      platform.lists.containers = ['a', 'b', 'c'].map((id) => ({ id }));
      const { opened, open } = gate();
      const stale = () => ({ status: 200, body: { data: structuredClone(platform.lists.containers) } });
      const lose = () => platform.disconnect(how === 'closed' ? 1001 : undefined);
      let lost = false;
      platform.answer = async ({ resource, index }) => {
        if (resource !== 'containers' || index > 0 || phase === 'after the list') return undefined;
        const answer = stale();
        if (!lost) {
          lost = true;
          lose();
          platform.lists.containers = [{ id: 'b' }];
        }
        if (phase === 'during the list') await opened;
        return answer;
      };
      const starting = mirrored(t, platform);
      if (phase === 'during the list') {
        await until(() => platform.handshakes === 2 && platform.peers.size === 1, 'it connects again during the list');
        open();
      }
      const { mirror } = await starting;
      if (phase === 'after the list') {
        await synced(mirror);
        platform.lists.containers = [{ id: 'b' }];
        lose();
      }
      await within(
        mirror.until(({ containers }) => containers.size === 1),
        'the deletes are seen',
      );
      await synced(mirror);
      assert.deepEqual([...mirror.containers.keys()], ['b']);
      assert.equal(platform.handshakes, 2);
      assert.equal(platform.running.most, 1);
    });
  }
}

test('notifications that come again change nothing', async (t) => {
  const platform = await environmentPlatform(t);
  const { mirror, changes } = await mirrored(t, platform);
  const before = platform.askedFor('containers').length;
  for (let n = 0; n < 50; n += 1) platform.notify('container.state.changed');
  await until(() => platform.askedFor('containers').length > before, 'a list');
  await synced(mirror);
  assert.deepEqual(changes, []);
  assert.ok(platform.askedFor('containers').length - before < 10, 'one list for many notifications');
});

test('without notifications lists are asked for every `resyncMs`', async (t) => {
  const platform = await environmentPlatform(t);
  const { mirror } = await mirrored(t, platform, { resyncMs: 20 });
  platform.lists.containers = [];
  await within(
    mirror.until(({ containers }) => containers.size === 0),
    'a silent change is seen',
  );
  await until(() => platform.askedFor('instances').length >= 3, 'further lists');
  assert.equal(mirror.freshness.synced, true, 'a resync is no doubt about what is known');
});

test('a client that was given makes the calls, says where notifications are, and stays open', async (t) => {
  const simulator = await startedSimulator(t);
  const client = getClient({ socketPath: simulator.socketPath, token: simulator.token });
  t.after(() => client.close());
  const { socketPath: _none, token: _neither, ...times } = { socketPath: '', ...QUICK };
  const mirror = await mirrorEnvironment({ client, ...times });
  assert.equal(mirror.freshness.synced, true);
  assert.equal(simulator.connections, 1);
  await mirror.close();
  await until(() => simulator.connections === 0, 'notifications are closed');
  const { response } = await client.GET('/v1/hub');
  assert.equal(response.status, 200);
});

test('100 changes a second of 1000 instances: one list at a time, and none within the least interval', async (t) => {
  const platform = await environmentPlatform(t);
  const instance = (/** @type {number} */ n, version = 0) => ({ id: `i${n}`, version, state: { current: 'running' } });
  platform.lists.instances = Array.from({ length: 1000 }, (_, n) => instance(n));
  const minIntervalMs = 40;
  const { mirror, changes } = await mirrored(t, platform, { resources: ['instances'], minIntervalMs });
  let version = 0;
  const timer = setInterval(() => {
    version += 1;
    platform.lists.instances[version % 1000] = instance(version % 1000, version);
    platform.notify('container.instance.state.changed');
  }, 10);
  t.after(() => clearInterval(timer));
  await until(() => version >= 150, 'many changes');
  clearInterval(timer);
  await within(
    mirror.until(({ instances }) => instances.get(`i${version}`)?.version === version),
    'the last change',
  );
  await synced(mirror);
  const lists = platform.askedFor('instances');
  assert.equal(platform.running.most, 1);
  const pauses = lists.slice(1).map(({ begin }, n) => begin - Number(lists[n].end));
  assert.ok(Math.min(...pauses) >= minIntervalMs, String(pauses));
  assert.equal(
    changes.reduce((sum, { changed }) => sum + changed.length, 0),
    version,
  );
  assert.deepEqual([...mirror.instances.values()], platform.lists.instances);
});
