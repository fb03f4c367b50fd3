'use strict';

const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { commandLine } = require('./peers/command-line.js');
const { json } = require('./peers/http-server.js');
const { envelope, platform } = require('./peers/platform.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');

test('results are for people, or JSON for programs', async (t) => {
  const { env, requests } = await platform(t, (_request, response) =>
    json(response, { data: { expires: '1h', key: 'k\u001b[31m', scope: 'hub', value: 'two\nlines' } }),
  );
  const args = ['object-cache', 'get', 'environment', 'a key'];
  assert.deepEqual(await commandLine(args, { env }), {
    code: 0,
    stdout: 'expires: 1h\nkey: k\\u{1b}[31m\nscope: hub\nvalue:\n  two\n  lines\n',
    stderr: '',
  });
  const { stdout, code, stderr } = await commandLine([...args, '--json'], { env });
  assert.deepEqual([code, stderr, stdout.split('\n').length], [0, '', 2]);
  assert.deepEqual(JSON.parse(stdout), { expires: '1h', key: 'k\u001b[31m', scope: 'hub', value: 'two\nlines' });
  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url}`),
    Array(2).fill('GET /v1/object-cache?scope=environment&key=a%20key'),
  );
  assert.equal(requests[0].headers['x-cycle-token'], 'token');
});

test('errors say what to do, on stderr, and set the exit code', async (t) => {
  let answer = [500, ''];
  const { env } = await platform(t, (_request, response) => json(response, answer[1], answer[0]));
  const checkin = ['ha', 'checkin', 'true', '1'];
  for (const [status, body, args, code, ...words] of [
    [
      401,
      envelope('401.auth-invalid', 'Bad token'),
      ['hub', 'get'],
      3,
      'Error: The platform does not accept the token',
      'Bad token',
      'CYCLE_API_TOKEN',
    ],
    [
      404,
      envelope('404.ha-service.session', 'No session'),
      checkin,
      1,
      'takes no part in elections',
      'deploy.ha_elections',
    ],
    [422, envelope('422.missing-argument', 'Missing', { source: '/priority' }), checkin, 1, '/priority', 'Missing'],
    [403, { data: false }, ['vpn', 'login', 'ada', 'pw'], 1, 'ada may not enter the VPN'],
    [503, envelope('503.not-enabled', 'Off'), ['hub', 'get'], 1, 'switched off', 'portal'],
    [500, 'no envelope', ['hub', 'get'], 1, 'failed inside the platform'],
    [200, { data: { id: 'h' } }, ['hub', 'get'], 1, 'does not have the declared shape: data.creator'],
  ]) {
    answer = [status, body];
    const { stdout, stderr, code: found } = await commandLine(args, { env });
    assert.deepEqual([found, stdout], [code, ''], stderr);
    for (const word of words) assert.ok(stderr.includes(word), `${word} in ${stderr}`);
    assert.match(stderr, /^ {2}- \S/m);
    const { error } = JSON.parse((await commandLine([...args, '--json'], { env })).stderr);
    assert.deepEqual([error.status, typeof error.name, Array.isArray(error.suggestions)], [status, 'string', true]);
  }
});

test('exit code 3 is for a platform that cannot be reached', async (t) => {
  const folder = temporaryFolder(t);
  const nobody = { CYCLE_API_SOCKET: path.join(folder, 'none.sock'), CYCLE_API_TOKEN: 'token' };
  const refused = await commandLine(['hub', 'get'], { env: nobody });
  assert.equal(refused.code, 3);
  assert.ok(refused.stderr.includes('ENOENT') && refused.stderr.includes(nobody.CYCLE_API_SOCKET));
  const { env } = await platform(t, () => {});
  const slow = await commandLine(['hub', 'get', '--timeout', '50ms'], { env });
  assert.deepEqual([slow.code, slow.stdout], [3, '']);
  const lost = await platform(t, (_request, response) => response.destroy());
  assert.equal((await commandLine(['hub', 'get'], { env: lost.env })).code, 3);
  const { code, stderr } = await commandLine(['hub', 'get'], { env: { CYCLE_API_SOCKET: env.CYCLE_API_SOCKET } });
  assert.equal(code, 3, 'no token');
  assert.ok(stderr.includes('token is missing'));
});

test('wrong use is exit code 2, with the usage or a hint, and nothing is sent', async (t) => {
  const { env, requests } = await platform(t);
  for (const [args, ...words] of [
    [['hubb', 'get'], 'there is no command or group hubb', 'Did you mean hub?'],
    [['hub', 'gte'], 'Did you mean get?'],
    [['hub'], 'hub needs a command: get, integration'],
    [['hub', 'get', '--jsn'], 'there is no option --jsn', 'Did you mean --json?'],
    [['hub', 'get', 'extra'], 'too many arguments: extra', 'Usage: cycle-internal hub get [options]'],
    [['object-cache', 'get', 'environment'], 'missing: key', '<scope> <key>'],
    [['object-cache', 'get', 'nowhere', 'k'], 'scope must be one of global, environment, container, instance'],
    [['ha', 'checkin', 'yes', '1'], 'electable must be true or false'],
    [['ha', 'checkin', 'true', 'x'], 'priority must be a number'],
    [['monitoring', 'events', '{'], 'events is neither JSON nor a file that can be read'],
    [['monitoring', 'events', '@/nowhere.json'], 'events names a file that cannot be read'],
    [['hub', 'get', '--timeout', 'soon'], '--timeout must be a duration'],
    [['hub', 'get', '--port', 'x'], '--port must be a whole number'],
    [['hub', 'get', '--host', 'https://example.org', '--port', '80'], 'must not start with https'],
    [['hub', 'get', '--token', 'a', '--api-key', 'b'], 'give one of them'],
    [['hub', 'get', '--token', 'a\nb'], 'token'],
    [['hub', 'get', '--socket-path', 'x', '--host', 'y'], 'socket-path'],
    [['--protocol', '/nowhere.js', 'a', 'b'], 'cannot be loaded', 'cycle, binder'],
    [['completion'], 'needs the name of a shell'],
    [['request'], 'Usage: request'],
    [['request', 'FETCH', '/'], 'FETCH is not a method'],
    [['request', 'http://example.org/'], 'not a path'],
    [['request', '//example.org/'], 'not a path'],
    [['request', 'POST', '/', '--body', '{'], '--body'],
  ]) {
    const { code, stdout, stderr } = await commandLine(args, { env });
    assert.deepEqual([code, stdout], [2, ''], `${args}: ${stderr}`);
    for (const word of words) assert.ok(stderr.includes(word), `${word} in ${stderr}`);
  }
  assert.equal(requests.length, 0);
});

test('params come by place or by name, from files and from standard input', async (t) => {
  const { env, requests } = await platform(t, (_request, response) => json(response, { data: true }));
  const folder = temporaryFolder(t);
  const events = [{ event: 'e', priority: 'high', type: 'info' }];
  const file = path.join(folder, 'events.json');
  writeFileSync(file, JSON.stringify(events));
  const text = JSON.stringify(events);
  for (const args of [[text], [`@${file}`], [file], ['-'], ['--events', text], [`--events=@${file}`]]) {
    const { code, stderr, stdout } = await commandLine(['monitoring', 'events', ...args], { env, input: text });
    assert.deepEqual([code, stdout], [0, 'true\n'], stderr);
    assert.deepEqual(JSON.parse(requests.at(-1).body), events);
  }
  for (const args of [
    ['true', '-5'],
    ['--priority', '-5', '--electable'],
    ['--priority=-5', '--electable=true'],
    ['--priority', '-5', 'true'],
    ['--', 'true', '-5'],
  ]) {
    await commandLine(['ha', 'checkin', ...args], { env });
    assert.deepEqual(JSON.parse(requests.at(-1).body), { electable: true, priority: -5 }, args.join(' '));
  }
  for (const args of [
    ['false', '1'],
    ['--no-electable', '1'],
    ['--electable=false', '1'],
  ]) {
    await commandLine(['ha', 'checkin', ...args], { env });
    assert.deepEqual(JSON.parse(requests.at(-1).body), { electable: false, priority: 1 }, args.join(' '));
  }
});
