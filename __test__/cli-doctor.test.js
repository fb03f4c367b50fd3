'use strict';

const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');
const { commandLine } = require('./peers/command-line.js');
const { httpServer, json } = require('./peers/http-server.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');

/**
 * What the doctor finds, by the name of the check.
 *
 * @param {NodeJS.ProcessEnv} env
 */
async function findings(env) {
  const { code, stdout, stderr } = await commandLine(['doctor', '--json'], { env });
  /** @type {{ check: string, state: string, found: string, todo?: string }[]} */
  const list = JSON.parse(stdout);
  return { code, stderr, states: Object.fromEntries(list.map(({ check, state }) => [check, state])), list };
}

const FINE = {
  versions: 'ok',
  instance: 'ok',
  token: 'ok',
  socket: 'ok',
  clock: 'ok',
  'scope self': 'ok',
  'scope environment': 'ok',
  'scope networks': 'ok',
  'scope server': 'ok',
  elections: 'ok',
  notifications: 'ok',
  metadata: 'ok',
};

test('doctor finds everything in order in the simulator', async (t) => {
  const simulator = await startedSimulator(t);
  const { code, states, stderr } = await findings({ ...simulator.env });
  assert.deepEqual(states, FINE);
  assert.equal(code, 0, stderr);
  const { stdout } = await commandLine(['doctor'], { env: { ...simulator.env } });
  assert.equal(stdout.trim().split('\n').length, Object.keys(FINE).length);
  assert.doesNotMatch(stdout, new RegExp(simulator.token));
});

test('doctor says which scopes an instance lacks, and where to add them', async (t) => {
  const simulator = await startedSimulator(t, { scopes: ['self', 'environment'], election: { enabled: false } });
  const { code, states, list } = await findings({ ...simulator.env });
  assert.deepEqual(states, { ...FINE, 'scope networks': 'note', 'scope server': 'note', notifications: 'note' });
  assert.equal(code, 0);
  for (const { check, todo } of list.filter(({ state }) => state === 'note')) {
    assert.match(String(todo), /runtime\.internal_api\.scope/, check);
  }
});

test('doctor says what to do without a socket, a token, a metadata file or the variables of an instance', async (t) => {
  const simulator = await startedSimulator(t);
  const { CYCLE_INSTANCE_ID: _id, ...env } = simulator.env;
  const folder = temporaryFolder(t);
  const broken = join(folder, 'environment.json');
  writeFileSync(broken, '{"secret-text');

  const gone = await findings({
    ...env,
    CYCLE_INSTANCE_ID: '',
    CYCLE_API_SOCKET: join(folder, 'none'),
    CYCLE_METADATA_PATH: broken,
  });
  assert.equal(gone.code, 1);
  assert.deepEqual(gone.states, {
    versions: 'ok',
    instance: 'note',
    token: 'ok',
    socket: 'failed',
    metadata: 'failed',
  });
  assert.match(String(gone.list.find(({ check }) => check === 'socket')?.found), /ENOENT/);
  assert.doesNotMatch(JSON.stringify(gone.list), /secret-text/);

  const refused = await findings({ ...env, CYCLE_API_TOKEN: 'wrong-token' });
  assert.equal(refused.code, 1);
  assert.deepEqual([refused.states.socket, refused.states.clock, refused.states.metadata], ['failed', 'ok', 'ok']);
  assert.doesNotMatch(JSON.stringify(refused.list), /wrong-token/);

  const without = await findings({ ...env, CYCLE_API_TOKEN: '' });
  assert.deepEqual([without.code, without.states.token, without.states.socket], [1, 'failed', undefined]);
});

test('doctor compares the clock with that of the answers, and bears an API of another kind', async (t) => {
  let date = new Date(Date.now() - 90_000).toUTCString();
  const { socketPath } = await httpServer(t, (_request, response) => json(response, {}, 404, { date }));
  const env = { CYCLE_API_SOCKET: socketPath, CYCLE_API_TOKEN: 'token' };
  const behind = await findings(env);
  assert.equal(behind.code, 1);
  assert.equal(behind.states.clock, 'failed');
  assert.match(String(behind.list.find(({ check }) => check === 'clock')?.found), /^(89|90|91|92) s ahead/);
  assert.equal(behind.states.notifications, 'failed');
  date = 'no date';
  assert.equal((await findings(env)).states.clock, 'note');
});
