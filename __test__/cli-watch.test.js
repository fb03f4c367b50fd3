'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { commandLine, startCommandLine, startOnTerminal } = require('./peers/command-line.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { until } = require('./peers/until.js');

/** @param {string} text */
const events = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('watch shows what is there and then what changes, one JSON document a line', async (t) => {
  const simulator = await startedSimulator(t);
  const child = startCommandLine(['watch', 'containers'], { env: { ...simulator.env } });
  t.after(() => child.kill('SIGKILL'));
  const { containers } = simulator.world;
  await until(() => events(child.text.stdout).length === containers.length, 'all are shown');
  assert.deepEqual(
    events(child.text.stdout).map(({ event, resource, entry }) => [event, resource, entry.id]),
    containers.map(({ id }) => ['added', 'containers', id]),
  );
  const [first, second] = containers;
  simulator.update((world) => {
    world.containers[0].name = 'Another name';
    world.containers = world.containers.filter(({ id }) => id !== second.id);
  });
  simulator.publish({ topic: 'container.state.changed' });
  await until(() => events(child.text.stdout).length === containers.length + 2, 'both changes are shown');
  const [changed, removed] = events(child.text.stdout).slice(containers.length);
  assert.deepEqual([changed.event, changed.entry.id, changed.entry.name], ['changed', first.id, 'Another name']);
  assert.deepEqual([removed.event, removed.entry.id], ['removed', second.id]);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGINT');
  assert.equal(await ended, 130);
});

test('watch shows a table on a terminal, and writes over it', async (t) => {
  const simulator = await startedSimulator(t);
  const child = startOnTerminal(['watch', 'instances'], { env: { ...simulator.env } });
  t.after(() => child.kill('SIGKILL'));
  const { instance_id: id } = simulator.world.self;
  await until(
    () => child.text.stdout.includes(id),
    () => `the table is there: ${child.text.stdout}`,
  );
  simulator.update((world) => {
    const own = /** @type {any} */ (world.instances.find((one) => one.id === id));
    own.state.current = 'stopping';
  });
  simulator.publish({ topic: 'container.instance.state.changed' });
  await until(() => child.text.stdout.includes('stopping'), 'the change is there');
  assert.ok(child.text.stdout.lastIndexOf('\u001b[H\u001b[J') > child.text.stdout.indexOf(id));
});

test('watch says which resources there are, and what it lacks', async (t) => {
  const simulator = await startedSimulator(t);
  const env = { ...simulator.env };
  for (const args of [['watch'], ['watch', 'container'], ['watch', 'containers', 'more']]) {
    const { code, stderr } = await commandLine(args, { env });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /one of containers, instances, services, ips, virtual-machines/);
  }
  const { code, stderr } = await commandLine(['watch', 'services'], { env: { ...env, CYCLE_API_TOKEN: 'wrong' } });
  assert.equal(code, 3, stderr);
});
