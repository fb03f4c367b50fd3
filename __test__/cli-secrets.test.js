'use strict';

const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { commandLine, onTerminal, startCommandLine } = require('./peers/command-line.js');
const { json } = require('./peers/http-server.js');
const { platform } = require('./peers/platform.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

const SECRET = 'do-not-show-this';

/** A platform that tells a secret whatever it is asked. */
const telling = (t, body = { data: { A: SECRET } }) => platform(t, (_request, response) => json(response, body));

test('request hides secrets however the path is written', async (t) => {
  const { env } = await telling(t);
  for (const target of [
    '/v1/environment/scoped-variables#x',
    '/v1/environment/scoped-variables?a=b',
    '/v1/x/../environment/scoped-variables',
    '/v1/x/%2e%2e/environment/./scoped-variables',
    '/V1/environment/Scoped-Variables',
    '/v1/environment/scoped-variables/',
    '/v1/environment/scoped%2dvariables',
    '/v1/environment/scoped-variables;a=b',
    '/v1/environment%2fscoped-variables',
  ]) {
    const { code, stdout, stderr } = await commandLine(['request', 'GET', target, '--json'], { env });
    assert.deepEqual([code, JSON.parse(stdout)], [0, { data: { A: null } }], target);
    assert.match(stderr, /Secrets are hidden and replaced by null; --reveal shows them\./);
  }
  const post = await commandLine(['request', 'POST', '/v1/environment/scoped-variables'], { env });
  assert.deepEqual([post.code, post.stdout], [0, 'data:\n  A: (hidden)\n']);
  const shown = await commandLine(['request', '/v1/environment/scoped-variables', '--json', '--reveal'], { env });
  assert.deepEqual([JSON.parse(shown.stdout).data.A, shown.stderr], [SECRET, '']);
});

test('request hides what is secret anywhere when it does not know the path', async (t) => {
  const { env } = await telling(t, { data: { private_key: SECRET, name: 'a' } });
  const { stdout } = await commandLine(['request', '/v9/new', '--json'], { env });
  assert.deepEqual(JSON.parse(stdout), { data: { private_key: null, name: 'a' } });
});

test('a path that cannot be asked for is wrong use', async (t) => {
  const { env, requests } = await telling(t);
  for (const target of ['/v1//environment', '/v1/a|b']) {
    const { code, stderr } = await commandLine(['request', target], { env });
    assert.equal(code, 2, stderr);
    assert.ok(stderr.startsWith(`Error: ${target} cannot be requested: `), stderr);
  }
  assert.equal(requests.length, 0);
});

test('metadata hides secrets', async (t) => {
  const file = path.join(temporaryFolder(t), 'environment.json');
  writeFileSync(file, JSON.stringify({ id: 'a', services: { vpn: { config: { secret: SECRET } } } }));
  const hidden = await commandLine(['metadata', '--path', file, '--json']);
  assert.deepEqual(JSON.parse(hidden.stdout).services.vpn.config, { secret: null });
  assert.match(hidden.stderr, /--reveal/);
  const shown = await commandLine(['metadata', '--path', file, '--reveal']);
  assert.ok(shown.stdout.includes(SECRET));
});

test('the credential comes from standard input, where the list of processes does not show it', async (t) => {
  const { env, requests } = await telling(t);
  for (const option of ['--token', '--api-key']) {
    const { code } = await commandLine(['hub', 'get', option, '-'], { env, input: 'from-stdin\r\nmore\n' });
    assert.equal(code, 1, 'the answer is none of a hub');
    assert.equal(requests.at(-1).headers['x-cycle-token'], 'from-stdin');
  }
  const open = startCommandLine(['hub', 'get', '--token', '-'], { env });
  open.stdin.write('of a pipe that stays open\n');
  const exit = await new Promise((resolve) => open.on('exit', resolve));
  assert.deepEqual([exit, requests.at(-1).headers['x-cycle-token']], [1, 'of a pipe that stays open']);
  const both = ['request', 'POST', '/x', '--token', '-', '--body', '-'];
  await commandLine(both, { env, input: 'one\n{"a":\n1}' });
  const { headers, body } = requests.at(-1);
  assert.deepEqual([headers['x-cycle-token'], JSON.parse(String(body))], ['one', { a: 1 }]);
  const count = requests.length;
  const none = await commandLine(['hub', 'get', '--token', '-'], { env, input: '' });
  assert.deepEqual([none.code, requests.length], [2, count]);
  assert.match(none.stderr, /standard input has no line for the credential/);
  const help = await commandLine(['hub', 'get', '--help']);
  assert.match(help.stdout, /--api-key, --token key +Credential, or - for a line of standard input/);
});

test('so do params that are secret', async (t) => {
  const { env, requests } = await telling(t, { data: true });
  const { stdout } = await commandLine(['--help']);
  assert.ok(stdout.includes('vpn'), stdout);
  const found = Object.entries(require('../generated/cycle-protocol.json'))
    .flatMap(([group, endpoints]) => Object.entries(endpoints).map(([name, endpoint]) => ({ group, name, endpoint })))
    .find(({ endpoint }) => endpoint.params?.password?.secret);
  const command = [found.group, found.name].map((word) => word.replace(/[A-Z]/g, (l) => `-${l.toLowerCase()}`));
  await commandLine([...command, '--username', 'ada', '--password', '-'], { env, input: 'pass\n' });
  assert.equal(Buffer.from(requests.at(-1).headers.authorization.split(' ')[1], 'base64').toString(), 'ada:pass');
  const help = await commandLine([...command, '--help']);
  assert.match(help.stdout, /password .*- to read a line of standard input/);
});

test('a simulator takes its token from standard input', async (t) => {
  const simulator = startCommandLine(['simulate', '--token', '-', '--json']);
  t.after(() => simulator.kill('SIGKILL'));
  simulator.stdin.write('it is a secret\n');
  await until(() => simulator.text.stdout.includes('\n'), 'where it listens');
  assert.equal(JSON.parse(simulator.text.stdout).env.CYCLE_API_TOKEN, 'it is a secret');
  const ended = new Promise((resolve) => simulator.on('exit', resolve));
  simulator.kill('SIGTERM');
  await ended;
});

test("the server's text does nothing to a terminal", async (t) => {
  const odd = '\u009b31m\u007f\u202e\u2066\u200f\u061c\u0085\u001b[31m';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const harmful = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
  const { env } = await telling(t, { data: { [odd]: odd, list: [odd], text: odd } });
  for (const options of [['--json'], [], ['--color']]) {
    const { text } = await onTerminal(['request', '/x', ...options], { env });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are our own.
    assert.doesNotMatch(text.replace(/\u001b\[\d+m/g, '').replaceAll('\r\u001b[K', ''), harmful, options.join(' '));
  }
  const { stdout } = await commandLine(['request', '/x', '--json'], { env });
  assert.doesNotMatch(stdout, harmful);
  assert.equal(JSON.parse(stdout).data[odd], odd, 'and means the same');
  const failing = await telling(t, { data: { id: 5, [odd]: 1 } });
  for (const options of [[], ['--json']]) {
    const { stderr } = await commandLine(['hub', 'get', ...options], failing);
    assert.doesNotMatch(stderr, harmful);
  }
});
