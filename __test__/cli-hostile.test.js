'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { startSimulator } = require('../testing');
const { commandLine, startCommandLine } = require('./peers/command-line.js');
const { json } = require('./peers/http-server.js');
const { platform } = require('./peers/platform.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

const SECRET = 'do-not-show-this';
const PROGRAM = path.join(__dirname, '..', 'bin', 'cycle-internal.js');

/** A file with a protocol of one endpoint, whose texts do something to a terminal. */
function oddProtocol(t, values) {
  const odd = 'x\u001b[31m\u009b1m\u202e';
  const file = path.join(temporaryFolder(t), 'a b.json');
  const kind = { type: 'String', required: false, description: odd, values };
  const endpoint = { path: '/b', description: odd, msg: odd, params: { kind }, request: { method: 'GET' } };
  fs.writeFileSync(file, JSON.stringify({ a: { b: endpoint } }));
  return file;
}

test('request hides secrets behind paths that are no text or that a server may cut', async (t) => {
  const { env } = await platform(t, (_request, response) => json(response, { data: { A: SECRET } }));
  for (const more of ['%ff', '/%ff', '/..;', '/..%2fx', '/%c0%ae']) {
    const target = `/v1/environment/scoped%2Dvariables${more}`;
    const { stdout } = await commandLine(['request', target, '--json'], { env });
    assert.deepEqual(JSON.parse(stdout), { data: { A: null } }, target);
  }
});

test('request sends a query that has the name of the body', async (t) => {
  const { env, requests } = await platform(t, (_request, response) => json(response, {}));
  await commandLine(['request', 'POST', '/x?body=1&json-body=2', '--body', '{"a":1}'], { env });
  const { url, body } = requests[0];
  assert.deepEqual([url, JSON.parse(String(body))], ['/x?body=1&json-body=2', { a: 1 }]);
});

test('an answer too deep to look for secrets in is said to be that', async (t) => {
  const { env } = await platform(t, (request, response) => {
    const depth = request.url === '/deep' ? 500 : 20_000;
    json(response, JSON.parse(`{"data":"${'['.repeat(depth)}"}`));
  });
  const deep = await platform(t, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(`{"data":${'['.repeat(500)}${']'.repeat(500)}}`);
  });
  const { code, stderr } = await commandLine(['request', '/x'], { env: deep.env });
  assert.equal(code, 1);
  assert.match(stderr, /nested too deeply to hide the secrets in it\n {2}- --reveal --json shows it/);
  assert.equal((await commandLine(['request', '/deep'], { env })).code, 0);
});

test('notifications hide secrets', async (t) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  for (const options of [['--json'], [], ['--reveal']]) {
    const child = startCommandLine(['notifications', ...options], { env: simulator.env });
    t.after(() => child.kill('SIGKILL'));
    await simulator.whenConnected();
    const details = { private_key: SECRET };
    simulator.publish(JSON.stringify({ topic: 'a.b', object: { id: 'x', details }, context: {}, more: details }));
    await until(() => child.text.stdout.includes('\n'), 'a line');
    assert.equal(child.text.stdout.includes(SECRET), options[0] === '--reveal', child.text.stdout);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    await until(() => simulator.connections === 0, 'its end');
  }
});

test('a metadata file that is no JSON is not shown in part', async (t) => {
  const file = path.join(temporaryFolder(t), 'environment.json');
  fs.writeFileSync(file, `{"secret":${SECRET}}`);
  const { code, stderr } = await commandLine(['metadata', '--path', file]);
  assert.equal(code, 1);
  assert.match(stderr, /is not valid JSON/);
  assert.doesNotMatch(stderr, /do-not/);
  assert.match((await commandLine(['metadata', '--path', file, '--reveal'])).stderr, /do-not/);
});

test('texts of a protocol file do nothing to a terminal', async (t) => {
  const file = oddProtocol(t, ['$(touch x)', 'a\u001b[31mb', 'line\nbreak', 'plain']);
  for (const words of [
    ['--help'],
    ['a', '--help'],
    ['a', 'b', '--help'],
    ...['bash', 'zsh', 'fish'].map((shell) => ['completion', shell]),
  ]) {
    const { code, stdout } = await commandLine(['--protocol', file, ...words]);
    assert.equal(code, 0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    assert.doesNotMatch(stdout, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|line\n/, words.join(' '));
    if (words[0] !== 'completion') assert.ok(stdout.includes(`--protocol '${file}'`), 'an example can be typed');
  }
  const { stdout } = await commandLine(['--protocol', file, 'a', 'b', '--help']);
  assert.ok(stdout.includes(`b --kind '$(touch x)'`), stdout);
});

test('zsh expands nothing that begins with an equals sign', async (t) => {
  const file = oddProtocol(t, ['=nosuchprogram', 'plain']);
  const { stdout } = await commandLine(['--protocol', file, 'completion', 'zsh']);
  assert.ok(stdout.includes("candidates=('=nosuchprogram' plain)"), stdout);
  const { error, stdout: offered } = spawnSync(
    'zsh',
    [
      '-f',
      '-c',
      `compdef() { :; }\n${stdout}\ncompadd() { shift; print -rl -- "$@"; }\nwords=(cycle-internal a b --kind ''); CURRENT=5; _cycle_internal`,
    ],
    { encoding: 'utf8' },
  );
  if (error === undefined) assert.equal(offered, '=nosuchprogram\nplain\n');
});

test('simulate ends when an error was named that it cannot answer with', async () => {
  for (const failure of ['x', 'a.b=c']) {
    const child = startCommandLine(['simulate', '--fail', failure]);
    const ended = await new Promise((resolve) => {
      child.on('exit', resolve);
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    });
    assert.equal(ended, 2, child.text.stderr);
  }
});

test('simulate makes no folder behind a link that leads nowhere', async (t) => {
  const folder = temporaryFolder(t);
  fs.symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'link'));
  const { code, stderr } = await commandLine(['simulate', path.join(folder, 'link', 'x', 'api.sock')]);
  assert.equal(code, 2);
  assert.match(stderr, /^Error: the folder .*link\/x cannot be made: ENOENT\n$/);
  assert.deepEqual(fs.readdirSync(folder), ['link']);
});

test('messages name the options of the command line', async (t) => {
  const file = path.join(temporaryFolder(t), 'file');
  fs.writeFileSync(file, '');
  for (const [words, expected] of [
    [['simulate', file], /give another --socket-path/],
    [['simulate', ''], /the path of the socket must not be empty/],
    [['simulate', '--latency', 'x'], /--latency must be a duration/],
    [['simulate', '--scopes', 'self,netwroks'], /there is no scope netwroks: did you mean networks\?/],
    [['--protocol', 'binder', 'simulate', '--scopes', 'self'], /--scopes is for the internal API, not for /],
    [['simulate', '--port', '70000'], /--port must be a whole number/],
    [['simulate', '--port', '0', '--socket-path', file], /not be given together|not on both/],
    [['simulate', '--host', 'localhost'], /--host needs --port/],
    [['hub', 'get', '--timeout', '99999999999s'], /--timeout must be 24 days at most/],
    [['hub', 'get', '--socket-path', ''], /--socket-path must not be empty/],
    [['notifications', '--no-reconnect', '--socket-path', '/no/such'], /Set --socket-path or CYCLE_API_SOCKET/],
    [['notifications', '--no-reconnect', '--socket-path', 'a\u00a0b/\u0001'], /--socket-path/],
  ]) {
    const { code, stderr } = await commandLine(words, { env: { CYCLE_API_TOKEN: 'token' } });
    assert.notEqual(code, 0, words.join(' '));
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /socketPath|timeoutMs/);
  }
});

test('a warning is a line', async (t) => {
  const { env } = await platform(t, (_request, response) => json(response, {}, 401));
  const { stderr } = await commandLine(['notifications', '--no-reconnect', '--topic', 'contaner.x'], { env });
  assert.match(stderr, /^Warning: .*contaner\.x/m);
  assert.doesNotMatch(stderr, /node:|trace-warnings/);
});

test('output that cannot be written is an error in words', (t) => {
  // A file that may not grow, as on a disk that is full.
  const command = 'ulimit -f 0 && exec "$0" "$1" --help > "$2"';
  const file = path.join(temporaryFolder(t), 'help.txt');
  const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, PROGRAM, file], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [1, 'Error: the output cannot be written: EFBIG: file too large, write\n']);
});
