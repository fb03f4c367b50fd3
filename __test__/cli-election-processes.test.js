// What `ha run` does with the processes of its command: none of them is left without a lease.

'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { electionPlatform } = require('./peers/election-platform.js');
const { haRun } = require('./peers/ha-run.js');
const { until, within } = require('./peers/until.js');

/** A command that ends as soon as it is told. */
const WILLING = `process.on('SIGTERM', () => { console.log('told'); process.exit(0); }); setInterval(() => {}, 1000); console.log('started');`;

/** A process that cannot be told to end; it shows its process ID. */
const STUBBORN = `process.on('SIGTERM', () => console.log('told')); process.on('SIGINT', () => {}); setInterval(() => {}, 1000); console.log('pid ' + process.pid);`;

/** A shell that starts a process, and waits for it. The second word is what comes after. */
const shell = (/** @type {string} */ program, after = 'wait') => [
  'sh',
  '-c',
  `"$0" -e "$1" & ${after}`,
  process.execPath,
  program,
];

/**
 * The process ID that a command shows, once it does.
 *
 * @param {{ stdout: string, stderr: string }} shown
 */
async function shownPid(shown) {
  await until(
    () => /pid \d+\n/.test(shown.stdout),
    () => `it runs: ${shown.stderr}`,
  );
  return Number(/pid (\d+)/.exec(shown.stdout)?.[1]);
}

/** @param {number} pid */
function isGone(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

test('a command that ends when it is told before the lease ends is started again once the lease is renewed', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000, setting: '2s' });
  const { shown } = haRun(t, platform, ['--', process.execPath, '-e', WILLING]);
  await until(() => shown.stdout === 'started\n', 'the command runs');
  /** @type {(() => void)[]} */
  const held = [];
  platform.answer = () => new Promise((resolve) => held.push(() => resolve(undefined)));
  const release = () => {
    platform.answer = undefined;
    for (const answer of held) answer();
  };
  await until(() => held.length > 0, 'a check-in is on its way');
  await until(
    () => shown.stdout.includes('told'),
    () => `the command ends: ${shown.stderr}`,
  );
  release();
  await until(
    () => shown.stdout === 'started\ntold\nstarted\n',
    () => `it is started again: ${shown.stdout}${shown.stderr}`,
  );
  assert.ok(platform.checkins.every(({ electable }) => electable));
});

test('told a second time, it ends at once and kills its command', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 60_000 });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    const { child, shown, ended } = haRun(t, platform, ['--', process.execPath, '-e', STUBBORN]);
    const pid = await shownPid(shown);
    child.kill('SIGTERM');
    await until(() => shown.stdout.includes('told'), 'the command is told');
    child.kill(signal);
    await ended;
    await until(() => isGone(pid), 'the command is gone');
    platform.primary = null;
  }
});

test('what the command has started is killed with it when the lease ends', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 60_000, setting: '1500ms' });
  const { shown } = haRun(t, platform, ['--', ...shell(STUBBORN)]);
  const pid = await shownPid(shown);
  platform.answer = () => ({ status: 200, body: { data: { primary_instance_id: 'other' } } });
  await until(() => isGone(pid), 'it is gone');
});

test('what the command leaves behind is told to end before the instance gives up', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 60_000 });
  const willing = `process.on('SIGTERM', () => setTimeout(() => { console.log('done'); process.exit(); }, 100)); setInterval(() => {}, 1000); console.log('pid ' + process.pid)`;
  const { shown, ended } = haRun(t, platform, ['--', ...shell(willing, 'sleep 2; exit 7')]);
  await shownPid(shown);
  platform.answer = ({ electable }) => {
    if (!electable) shown.stdout += 'gave up\n';
    return undefined;
  };
  assert.equal(await ended, 7, shown.stderr);
  assert.match(shown.stdout, /^pid \d+\ndone\ngave up\n$/);
});

test('what the command leaves behind, and does not end, is killed', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 1500 });
  const { shown, ended } = haRun(t, platform, ['--', ...shell(STUBBORN, 'sleep 1; exit 7')]);
  const pid = await shownPid(shown);
  await ended;
  await until(() => isGone(pid), 'it is gone');
});

test('SIGQUIT ends the command too, and signals for programs are passed on', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 60_000 });
  const program = `for (const name of ['SIGUSR1', 'SIGUSR2']) process.on(name, () => console.log(name)); ${WILLING} console.log('pid ' + process.pid);`;
  const { child, shown, ended } = haRun(t, platform, ['--', process.execPath, '-e', program]);
  const pid = await shownPid(shown);
  for (const signal of /** @type {const} */ (['SIGUSR1', 'SIGUSR2'])) {
    child.kill(signal);
    await until(
      () => shown.stdout.includes(signal),
      () => `${signal} is passed on: ${shown.stderr}`,
    );
  }
  child.kill('SIGQUIT');
  assert.equal(await ended, 131);
  await until(() => isGone(pid), 'the command is gone');
  assert.equal(platform.primary, null);
});

test('the command reads the input', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 60_000 });
  const { child, shown, ended } = haRun(t, platform, ['--', 'cat', '--', '-']);
  child.stdin.end('of the input');
  assert.equal(await within(ended, 'it ends'), 0, shown.stderr);
  assert.equal(shown.stdout, 'of the input');
});
