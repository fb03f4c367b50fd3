'use strict';

const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { cycleProtocol } = require('../protocol');
const { version } = require('../package.json');
const { commandLine } = require('./peers/command-line.js');

const { temporaryFolder } = require('./peers/temporary-folder.js');

test('help is there at every level, with examples', async () => {
  const { stdout: top, code } = await commandLine(['--help']);
  assert.equal(code, 0);
  const { description } = require('../dist/protocol.js').definitionOf(cycleProtocol);
  for (const { group, name } of description.commands) {
    assert.ok(top.includes(`  ${group}`) && top.includes(name));
  }
  assert.equal((await commandLine([])).stdout, top);
  assert.equal((await commandLine(['help'])).stdout, top);
  const group = (await commandLine(['object-cache', '--help'])).stdout;
  assert.equal((await commandLine(['help', 'object-cache'])).stdout, group);
  const command = (await commandLine(['object-cache', 'set', '-h'])).stdout;
  const own = await Promise.all(
    ['notifications', 'metadata', 'request', 'simulate', 'completion'].map((name) => commandLine([name, '--help'])),
  );
  for (const text of [top, group, command, ...own.map(({ stdout }) => stdout)]) {
    assert.match(text, /Usage: cycle-internal/);
    assert.match(text, /Examples\n {2}\S/);
  }
  assert.match(command, /<expires> <key> <scope> <value>/);
  assert.match(command, /one of global, environment, container, instance/);
  const { stdout } = await commandLine(['--version']);
  assert.equal(stdout, `${version}\n`);
});

test('completion scripts are made of the commands', async (t) => {
  const scripts = {};
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, code } = await commandLine(['completion', shell]);
    assert.equal(code, 0);
    scripts[shell] = stdout;
    for (const word of ['object-cache', 'scoped-variables', '--electable', 'socket-path', 'notifications'].map(
      (word) => (shell === 'fish' ? word.replace('--', '-l ') : word),
    )) {
      assert.ok(stdout.includes(word), `${shell} ${word}`);
    }
  }
  const file = path.join(temporaryFolder(t), 'completion.bash');
  writeFileSync(file, scripts.bash);
  const { spawnSync } = require('node:child_process');
  const complete = (...words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const text = `source ${file}; COMP_WORDS=(cycle-internal ${list}); COMP_CWORD=${words.length}; _cycle_internal; echo "\${COMPREPLY[*]}"`;
    const { stdout, status, stderr } = spawnSync('bash', ['-c', text], { encoding: 'utf8', timeout: 30_000 });
    assert.equal(status, 0, stderr);
    return stdout.trim().split(' ').filter(Boolean);
  };
  assert.deepEqual(complete('obj'), ['object-cache']);
  assert.deepEqual(complete('object-cache', ''), ['get', 'set']);
  assert.deepEqual(complete('object-cache', 'get', '--sc'), ['--scope']);
  assert.deepEqual(complete('object-cache', 'get', '--scope', 'g'), ['global']);
  assert.deepEqual(complete('--socket-path', '/x', '--json', 'sd'), ['sdn']);
  assert.deepEqual(complete('completion', 'f'), ['fish']);
});
