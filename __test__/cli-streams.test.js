'use strict';

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { commandLine, startCommandLine } = require('./peers/command-line.js');

const { startedSimulator } = require('./peers/started-simulator.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

test('the metadata of the environment is shown', async (t) => {
  const simulator = await startedSimulator(t);
  const { stdout, code } = await commandLine(['metadata', '--json', '--validate'], { env: simulator.env });
  assert.deepEqual([code, JSON.parse(stdout)], [0, JSON.parse(readFileSync(simulator.metadataPath, 'utf8'))]);
  const missing = await commandLine(['metadata', '--path', '/nowhere.json']);
  assert.deepEqual([missing.code, missing.stdout], [1, '']);
  assert.ok(missing.stderr.includes('ENOENT'));
});

test('notifications stream as they come, as JSON lines too, and end with their reader', async (t) => {
  const simulator = await startedSimulator(t);
  const lines = startCommandLine(['notifications', '--topic', 'container.*', '--json'], { env: simulator.env });
  t.after(() => lines.kill('SIGKILL'));
  await simulator.whenConnected();
  simulator.publish({ topic: 'environment.state.changed' });
  simulator.publish({ topic: 'container.state.changed', object: { id: 'c', state: 'running' } });
  simulator.publish({ topic: 'container.reconfigured', object: { id: 'd' } });
  await until(() => lines.text.stdout.split('\n').length === 3, 'two lines');
  const topics = lines.text.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).topic);
  assert.deepEqual(topics, ['container.state.changed', 'container.reconfigured']);
  const ended = new Promise((resolve) => lines.on('exit', (code) => resolve(code)));
  lines.kill('SIGINT');
  assert.equal(await ended, 130);

  const people = startCommandLine(['notifications'], { env: simulator.env });
  t.after(() => people.kill('SIGKILL'));
  await until(() => simulator.connections === 1, 'one socket');
  simulator.publish({
    topic: 'container.state.changed',
    object: { id: 'c\u001b', state: 'running', state_previous: 'starting' },
    context: { label: 'Web' },
  });
  await until(() => people.text.stdout.includes('\n'), 'a line');
  assert.match(people.text.stdout, /^container\.state\.changed {2}c\\u\{1b\} starting -> running {2}Web/);
  const gone = new Promise((resolve) => people.on('exit', (code) => resolve(code)));
  people.stdout.destroy();
  const flood = simulator.publishEvery({ topic: 'container.state.changed' }, { perSecond: 100 });
  assert.equal(await gone, 0, 'quiet when nobody reads any more');
  flood.stop();
  assert.equal(people.text.stderr, '');
  const wrong = await commandLine(['notifications'], { env: { ...simulator.env, CYCLE_API_TOKEN: 'wrong' } });
  assert.deepEqual([wrong.code, wrong.stdout], [3, '']);
});

test('simulate runs a simulator until it is interrupted', async (t) => {
  const folder = temporaryFolder(t);
  const socketPath = path.join(folder, 'api.sock');
  const simulator = startCommandLine(['simulate', socketPath, '--token', 'secret', '--json']);
  t.after(() => simulator.kill('SIGKILL'));
  await until(() => simulator.text.stdout.includes('\n'), 'where it listens');
  const { socketPath: shown, env } = JSON.parse(simulator.text.stdout);
  assert.deepEqual([shown, env.CYCLE_API_TOKEN], [socketPath, 'secret']);
  const { stdout, code } = await commandLine(['hub', 'get', '--json'], { env });
  assert.equal(code, 0);
  assert.equal(typeof JSON.parse(stdout).id, 'string');
  const ended = new Promise((resolve) => simulator.on('exit', (exit) => resolve(exit)));
  simulator.kill('SIGINT');
  assert.equal(await ended, 130);
  assert.deepEqual(require('node:fs').readdirSync(folder), [], 'nothing is left behind');
});

test('simulate allows only the scopes that it is given', async (t) => {
  const simulator = startCommandLine(['simulate', '--scopes', 'self,notifications', '--json']);
  t.after(() => simulator.kill('SIGINT'));
  await until(() => simulator.text.stdout.includes('\n'), 'where it listens');
  const { env } = JSON.parse(simulator.text.stdout);
  assert.equal((await commandLine(['container', 'get', '--json'], { env })).code, 0);
  const refused = await commandLine(['environment', 'get'], { env });
  assert.deepEqual([refused.code, refused.stdout], [1, '']);
  assert.match(refused.stderr, /internal_api\.scope lacks a scope.*\n.*\n.*needs scope `environment`/);
});
