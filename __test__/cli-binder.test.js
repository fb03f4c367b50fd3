'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { binderServer } = require('./peers/binder-server.js');
const { commandLine } = require('./peers/command-line.js');

/** Every command, with what the server must have received. */
const COMMANDS = [
  [
    ['build', 'start', 'https://github.com/a/b', '--force'],
    'POST /builds/',
    { repository: 'https://github.com/a/b', force: true },
  ],
  [['build', 'status', 'https-github-com-a-b'], 'GET /builds/https-github-com-a-b'],
  [['build', 'status-all'], 'GET /builds/'],
  [['registry', 'fetch', 'base'], 'GET /templates/base'],
  [['registry', 'fetch-all'], 'GET /templates/'],
  [['deploy', 'deploy', 'base', '30'], 'POST /applications/', { 'template-name': 'base', 'cull-timeout': 30 }],
  [['deploy', 'deploy', 'base'], 'POST /applications/', { 'template-name': 'base' }],
  [['deploy', 'status', 'base', 'env-1'], 'GET /applications/base/env-1'],
  [['deploy', 'status-all', 'base'], 'GET /applications/base'],
  [['deploy', 'status-all'], 'GET /applications/'],
  [['deploy', 'preload', 'base'], 'POST /preload/base'],
  [['deploy', 'preload-status', '--template-name', 'base'], 'GET /preload/base'],
  [['health', 'status'], 'GET /health/'],
];

test('every command of Binder sends what it should', async (t) => {
  const { host, port, key, requests } = await binderServer(t);
  const connection = ['--host', host, '--port', String(port), '--api-key', key];
  for (const [args, line, body] of COMMANDS) {
    const { code, stdout, stderr } = await commandLine(['--protocol', 'binder', ...args, '--json', ...connection]);
    assert.equal(code, 0, `${args}: ${stderr}`);
    assert.doesNotThrow(() => JSON.parse(stdout));
    const request = requests.pop();
    assert.equal(`${request.method} ${request.url}`, line);
    assert.deepEqual(request.body === '' ? undefined : JSON.parse(request.body), body);
  }
});

test('errors of Binder exit with 1 and go to stderr', async (t) => {
  const { host, port, key, requests } = await binderServer(t);
  const run = (...args) =>
    commandLine(['--protocol', 'binder', ...args, '-H', host, '-p', String(port)], { env: { BINDER_API_KEY: key } });
  const { code, stdout, stderr } = await run('registry', 'fetch', 'none');
  assert.deepEqual([code, stdout], [1, '']);
  assert.equal(
    stderr,
    'Error: The registry has no template of this name\n  unknown\n  - Compare the spelling with the list of all templates\n',
  );
  assert.equal((await run('registry', 'fetch', 'none', '-a', 'wrong')).code, 3);
  assert.equal(requests.length, 2);
  const without = await commandLine(['--protocol', 'binder', 'build', 'status-all', '-H', host, '-p', String(port)]);
  assert.equal(without.code, 3);
  assert.equal(requests.length, 2, 'nothing is sent without the key');
});

test('-h is help everywhere', async () => {
  const { stdout, code } = await commandLine(['--protocol', 'binder', 'deploy', 'status-all', '-h']);
  assert.equal(code, 0);
  assert.match(stdout, /Usage: cycle-internal --protocol binder deploy status-all \[template-name\] \[options\]/);
});
