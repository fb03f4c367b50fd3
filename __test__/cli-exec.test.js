'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { commandLine, startCommandLine } = require('./peers/command-line.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { until } = require('./peers/until.js');

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} variables
 */
async function started(t, variables) {
  const simulator = await startedSimulator(t, {
    world(world) {
      world.scoped_variables = variables;
    },
  });
  return { simulator, env: /** @type {NodeJS.ProcessEnv} */ ({ ...simulator.env }) };
}

test('exec runs a command with the scoped variables in its environment, and ends with its exit code', async (t) => {
  const { env } = await started(t, { GREETING: 'hello  there', EMPTY: '' });
  const script = `printf %s "$GREETING|\${EMPTY-none}|$KEPT|$0"; exit 9`;
  const { code, stdout, stderr } = await commandLine(['exec', '--', 'sh', '-c', script, '--json'], {
    env: { ...env, KEPT: 'own' },
  });
  assert.equal(stdout, 'hello  there||own|--json', stderr);
  assert.equal(code, 9);
});

test('exec does not start a command without the variables that it requires, and shows no value', async (t) => {
  const { env } = await started(t, { PRESENT: 'secret-value', EMPTY: '' });
  const { code, stdout, stderr } = await commandLine(
    ['exec', '--required', 'PRESENT,ABSENT', '--required', 'EMPTY', '--', 'echo', 'started'],
    { env },
  );
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /ABSENT, EMPTY/);
  assert.doesNotMatch(stderr, /secret-value/);
});

test('exec --restart ends the command and starts it again when a variable changes', async (t) => {
  const { simulator, env } = await started(t, { COLOUR: 'red' });
  const script = `
    process.on('SIGTERM', () => { console.log('end of ' + process.env.COLOUR); process.exit(0); });
    setInterval(() => {}, 1000);
    console.log(process.env.COLOUR);
  `;
  const child = startCommandLine(['exec', '--restart', '--', process.execPath, '-e', script], { env });
  t.after(() => child.kill('SIGKILL'));
  await until(() => child.text.stdout === 'red\n', 'it runs');
  simulator.update((world) => {
    world.scoped_variables.COLOUR = 'blue';
  });
  simulator.publish({ topic: 'environment.scoped-variable.new' });
  await until(
    () => child.text.stdout === 'red\nend of red\nblue\n',
    () => `again: ${child.text.stdout}${child.text.stderr}`,
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  assert.equal(await ended, 143);
  assert.equal(child.text.stdout, 'red\nend of red\nblue\nend of blue\n');
});

test('exec says what is wrong with its arguments, or with a variable, in few words', async (t) => {
  const { env } = await started(t, { ODD: 'secret\0value' });
  for (const [args, code, text] of /** @type {[string[], number, RegExp][]} */ ([
    [['exec'], 2, /needs a command after --/],
    [['exec', '--requierd', 'A', '--', 'true'], 2, /requierd/],
    [['exec', '--host', 'localhost', '--port', '80', '--', 'true'], 2, /Unix socket/],
    [['exec', '--', 'true'], 1, /"ODD" cannot be in an environment/],
  ])) {
    const { code: ended, stderr } = await commandLine(args, { env });
    assert.equal(ended, code, stderr);
    assert.match(stderr, text);
    assert.doesNotMatch(stderr, /secret/);
  }
});
