'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { electionPlatform } = require('./peers/election-platform.js');
const { haRun } = require('./peers/ha-run.js');
const { until } = require('./peers/until.js');

/** A command that shows what happens to it, and goes on until it is killed. */
const STUBBORN = `
  process.on('SIGTERM', () => console.log('told'));
  setInterval(() => {}, 1000);
  console.log('started');
`;

test('ha run starts the command when it is elected, and ends with its exit code after it gave up', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { shown, ended } = haRun(t, platform, [
    '--priority',
    '7',
    '--',
    'sh',
    '-c',
    'echo "$0 $1"; exit 5',
    'a',
    '--json=true',
  ]);
  assert.equal(await ended, 5, shown.stderr);
  assert.equal(shown.stdout, 'a --json=true\n');
  assert.deepEqual(platform.checkins.at(-1), { id: 'one', electable: false, priority: 7 });
});

test('ha run passes SIGTERM on, waits for the command, and gives up', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const program = `process.on('SIGTERM', () => setTimeout(() => { console.log('done'); process.exit(0); }, 200)); setInterval(() => {}, 1000); console.log('started');`;
  const { child, shown, ended } = haRun(t, platform, ['--', process.execPath, '-e', program]);
  await until(() => shown.stdout.includes('started'), 'the command runs');
  child.kill('SIGTERM');
  assert.equal(await ended, 143);
  assert.equal(shown.stdout, 'started\ndone\n');
  assert.equal(platform.primary, null);
});

test('ha run tells the command to end before the lease ends, kills it when it has ended, and starts it in the next term', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 1500 });
  const { child, shown, ended } = haRun(t, platform, ['--', process.execPath, '-e', STUBBORN]);
  await until(() => shown.stdout.includes('started'), 'the command runs');
  platform.answer = () => 'drop';
  await until(() => shown.stdout.includes('told'), 'the command is told');
  await until(() => platform.checkins.length > 3, 'check-ins go on');
  platform.answer = undefined;
  await until(
    () => shown.stdout === 'started\ntold\nstarted\n',
    () => `it is started again: ${shown.stdout}${shown.stderr}`,
  );
  child.kill('SIGTERM');
  assert.equal(await ended, 143);
});

test('ha run kills the command at once when another instance is the primary', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000, setting: '1500ms' });
  const { child, shown, ended } = haRun(t, platform, ['--', process.execPath, '-e', STUBBORN]);
  await until(() => shown.stdout.includes('started'), 'the command runs');
  platform.answer = () => ({ status: 200, body: { data: { primary_instance_id: 'other' } } });
  const count = platform.checkins.length;
  await until(() => platform.checkins.length > count + 1, 'another check-in follows');
  platform.answer = undefined;
  await until(
    () => shown.stdout === 'started\nstarted\n',
    () => `it is started again: ${shown.stdout}`,
  );
  child.kill('SIGTERM');
  assert.equal(await ended, 143);
});

test('a command that cannot be started, and wrong arguments, are said with the exit code that shells use', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  for (const [args, code, text] of /** @type {[string[], number, RegExp][]} */ ([
    [['--', 'no-such-program'], 127, /no-such-program was not found/],
    [['--', __dirname], 126, /may not be run/],
    [['--', `${__filename}/x`], 126, /may not be run/],
    [['--', ''], 127, /was not found/],
    [[], 2, /needs a command after --/],
    [['--priority', 'high', '--', 'true'], 2, /--priority/],
    [['--priority=', '--', 'true'], 2, /--priority/],
    [['--priority', '9999999999', '--', 'true'], 2, /32 bits/],
    [['--instance-id=', '--', 'true'], 2, /not empty/],
    [['--deadline', '0s', '--', 'true'], 2, /from 1 to/],
    [['--deadline', 'soon', '--', 'true'], 2, /--deadline/],
    [['--deadlin', '5s', '--', 'true'], 2, /deadlin/],
    [['--host', 'localhost', '--port', '80', '--', 'true'], 2, /Unix socket/],
  ])) {
    const { shown, ended } = haRun(t, platform, args);
    assert.equal(await ended, code, `${args}: ${shown.stderr}`);
    assert.match(shown.stderr, text);
    assert.ok(shown.stderr.trim().split('\n').length <= 4, shown.stderr);
  }
  platform.setting = null;
  const { shown, ended } = haRun(t, platform, ['--', 'true']);
  assert.equal(await ended, 1);
  assert.match(shown.stderr, /stale_primary_deadline/);
});
