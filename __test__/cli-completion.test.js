'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { existsSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { commandLine, startCommandLine } = require('./peers/command-line.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

/** Whether a shell is there to try the script with. */
const has = (shell) => spawnSync(shell, ['--version']).status === 0;

/** A protocol whose values and descriptions would leave a mark if a shell ran them. */
function trap(t) {
  const folder = temporaryFolder(t);
  const mark = path.join(folder, 'mark');
  const values = [
    `$(touch ${mark})`,
    `\`touch ${mark}\``,
    `"; touch ${mark}; "`,
    `'; touch ${mark}; '`,
    `' ) ; touch ${mark}; (`,
    `(touch ${mark})`,
    'two words',
    '$HOME',
    'back\\slash',
    'plain',
    '*',
  ];
  const file = path.join(folder, 'api.json');
  const text = values.slice(0, 6).join(' ');
  writeFileSync(
    file,
    JSON.stringify({
      a: {
        b: {
          path: '/b',
          description: text,
          params: { kind: { type: 'String', description: text, values } },
          request: { method: 'GET' },
        },
      },
    }),
  );
  return { file, mark, values };
}

/** The words that bash offers, as it would put them on the line. */
function offered(script, words) {
  const line = words.map((word) => `'${word}'`).join(' ');
  const { stdout, stderr, status } = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _cycle_internal; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    { encoding: 'utf8' },
  );
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.split('\n').slice(0, -1);
}

test('bash completes, and runs nothing that a protocol declares', async (t) => {
  const { file, mark, values } = trap(t);
  const { stdout: script } = await commandLine(['--protocol', file, 'completion', 'bash']);
  const words = offered(script, ['cycle-internal', 'a', 'b', '--kind', '']);
  assert.equal(words.length, values.length);
  const { stdout } = spawnSync('bash', ['-c', `printf '%s\\n' ${words.join(' ')}`], { encoding: 'utf8', cwd: '/' });
  assert.deepEqual(stdout.split('\n').slice(0, -1), values, 'what is put on the line means the value');
  assert.deepEqual(offered(script, ['cycle-internal', 'a', 'b', '--kind', 'pl']), ['plain']);
  assert.deepEqual(offered(script, ['cycle-internal', 'a', '']), ['b']);
  assert.ok(offered(script, ['cycle-internal', 'a', 'b', '--ki']).includes('--kind'));
  assert.ok(!existsSync(mark), 'nothing ran');
});

test('zsh and fish read the scripts, and run nothing that a protocol declares', async (t) => {
  const { file, mark, values } = trap(t);
  const zsh = (await commandLine(['--protocol', file, 'completion', 'zsh'])).stdout;
  const fish = (await commandLine(['--protocol', file, 'completion', 'fish'])).stdout;
  // What zsh quotes in single quotes, bash does too.
  const [list] = /candidates=\('?\$\(touch.*\) ;;/.exec(zsh) ?? [];
  assert.ok(list, zsh);
  const printed = spawnSync('bash', ['-c', `${list.slice(0, -3)}; printf '%s\\n' "\${candidates[@]}"`], {
    encoding: 'utf8',
  });
  assert.deepEqual(printed.stdout.split('\n').slice(0, -1), values);
  assert.ok(fish.includes("\\'$(touch "), 'a value is quoted within the quoted list');
  if (has('zsh')) {
    const run = spawnSync('zsh', ['-f', '-c', `compdef() { :; }\n${zsh}`], { encoding: 'utf8' });
    assert.deepEqual([run.status, run.stderr], [0, '']);
  }
  if (has('fish')) {
    const run = spawnSync('fish', ['--no-config', '-c', `${fish}\ncomplete -C 'cycle-internal a b --kind '`], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    assert.ok(run.stdout.includes('plain'), run.stdout);
  }
  assert.ok(!existsSync(mark), 'nothing ran');
});

test('what simulate prints can be given to a shell', async (t) => {
  const folder = temporaryFolder(t);
  const mark = path.join(folder, 'mark');
  const token = `it's $(touch ${mark}) \`touch ${mark}\` "x"`;
  const simulator = startCommandLine(['simulate', path.join(folder, 'a b', 'api.sock'), '--token', token]);
  t.after(() => simulator.kill('SIGKILL'));
  await until(() => simulator.text.stdout.includes('METADATA'), 'the variables');
  const lines = simulator.text.stdout.split('\n').filter((line) => line.includes('export'));
  const { stdout } = spawnSync(
    'sh',
    ['-c', `${lines.join('\n')}\nprintf '%s\\n' "$CYCLE_API_TOKEN" "$CYCLE_API_SOCKET"`],
    {
      encoding: 'utf8',
    },
  );
  assert.deepEqual(stdout.split('\n'), [token, path.join(folder, 'a b', 'api.sock'), '']);
  assert.ok(!existsSync(mark));
  const ended = new Promise((resolve) => simulator.on('exit', resolve));
  simulator.kill('SIGTERM');
  await ended;
});
