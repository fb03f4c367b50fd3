const assert = require('node:assert/strict');
const { readFileSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const { cycleProtocol } = require('../protocol');
const { version } = require('../package.json');
const { commandLine, startCommandLine } = require('./peers/command-line.js');
const { bodyOf, json, recordingServer } = require('./peers/http-server.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

/** A node:http server that answers as told, and the variables to find it by. */
async function platform(t, answer) {
  const peer = await recordingServer(t, answer);
  return { ...peer, env: { CYCLE_API_SOCKET: peer.socketPath, CYCLE_API_TOKEN: 'token' } };
}

const envelope = (code, title, more = {}) => ({
  data: null,
  error: { status: Number(code.slice(0, 3)), code, title, ...more },
});

const containers = [
  { id: '1', identifier: 'web', name: 'Web shop', state: { current: 'running' }, config: {} },
  {
    id: '22',
    identifier: 'db',
    name: 'A very long name of a container that will not fit',
    state: { current: 'stopped' },
    config: {},
  },
];

/** An integration with everything that its shape asks for. */
const integration = {
  id: 'i',
  identifier: 'x',
  name: 'X',
  vendor: 'v',
  hub_id: 'h',
  auth: { api_key: 'k', region: null },
  creator: { id: 'c', type: 'account' },
  state: { current: 'live', changed: '2024-01-01T00:00:00Z' },
  events: { created: '2024-01-01T00:00:00Z', updated: '2024-01-01T00:00:00Z', deleted: '0001-01-01T00:00:00Z' },
};

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

test('a list is a table', async (t) => {
  const networks = ['production', 'staging-with-a-name-that-is-longer-than-a-cell'].map((name, index) => ({
    id: `id-${index}`,
    name,
    state: { current: index ? 'error' : 'live' },
    list: ['a', 'b'],
    missing: null,
    deep: { x: 1 },
  }));
  const { env } = await platform(t, (_request, response) => json(response, { data: networks, error: null }));
  const file = path.join(temporaryFolder(t), 'api.json');
  writeFileSync(
    file,
    JSON.stringify({
      global: { response: { results: 'data' } },
      sdn: { networks: { path: '/v1/sdn/networks', description: 'x', request: { method: 'GET' } } },
    }),
  );
  const args = ['--protocol', file, 'sdn', 'networks', '--socket-path', env.CYCLE_API_SOCKET];
  assert.equal(
    (await commandLine(args)).stdout,
    [
      'id    name                                      state  list  missing',
      'id-0  production                                live   a, b  -',
      'id-1  staging-with-a-name-that-is-longer-than…  error  a, b  -',
      '',
    ].join('\n'),
  );
  const coloured = (await commandLine([...args, '--color'])).stdout;
  assert.ok(coloured.includes('\u001b[32mlive\u001b[39m') && coloured.includes('\u001b[31merror\u001b[39m'));
  for (const [options, env2, expected] of [
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [['--no-color'], { FORCE_COLOR: '1' }, false],
    [['--color'], { NO_COLOR: '1' }, true],
    [['--json'], { FORCE_COLOR: '1' }, false],
  ]) {
    const { stdout } = await commandLine([...args, ...options], { env: env2 });
    assert.equal(stdout.includes('\u001b['), expected, JSON.stringify([options, env2]));
  }
  assert.ok(containers.length > 0);
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
    [['hub', 'get', 'extra'], 'more words than params: extra', 'Usage: cycle-internal hub get [options]'],
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
    [['request', 'FETCH', '/'], 'FETCH is no method'],
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

test('secrets are shown only with --reveal', async (t) => {
  const simulator = await startedSimulator(t);
  const run = async (...args) => (await commandLine(args, { env: simulator.env })).stdout;
  const { scoped_variables: variables, certificates } = simulator.world;
  for (const options of [[], ['--json']]) {
    const hidden = await run('environment', 'scoped-variables', ...options);
    const revealed = await run('environment', 'scoped-variables', '--reveal', ...options);
    const raw = await run('request', '/v1/environment/scoped-variables', ...options);
    for (const [name, value] of Object.entries(variables)) {
      assert.ok(hidden.includes(name) && revealed.includes(value));
      assert.ok(!hidden.includes(value) && !raw.includes(value), value);
    }
  }
  const id = certificates[0].container_id;
  const keys = async (...options) =>
    JSON.parse(await run('container', 'certificates', id, '--json', ...options)).map((one) => one.private_key);
  assert.ok((await keys()).every((key) => key === '(hidden)'));
  assert.ok((await keys('--reveal')).every((key) => key.includes('PRIVATE KEY') || key !== '(hidden)'));
  const { env } = await platform(t, (_request, response) => json(response, { data: integration }));
  const shown = JSON.parse((await commandLine(['hub', 'integration', '--json'], { env })).stdout);
  assert.deepEqual(shown.auth, { api_key: '(hidden)', region: null });
});

test('every command of the internal API reaches its operation', async (t) => {
  const simulator = await startedSimulator(t);
  // The command line talks to node:http, which passes everything on.
  const seen = [];
  const { env } = await platform(t, async (request, response) => {
    seen.push({ method: request.method, path: request.url.split('?')[0], token: request.headers['x-cycle-token'] });
    const { method, url, headers, body } = request;
    const passed = http.request({ socketPath: simulator.socketPath, method, path: url, headers }, async (answer) => {
      response.writeHead(answer.statusCode, { 'content-type': 'application/json' });
      response.end(await bodyOf(answer));
    });
    passed.end(body);
  });
  const { world } = simulator;
  const container = world.self.container_id;
  const machine = world.virtual_machines[0].id;
  const [{ username, password }] = world.vpn_users;
  /** @type {Record<string, string[]>} */
  const params = {
    'conductor task': [
      'container.instance.start',
      JSON.stringify({ container_id: container, instance_id: world.self.instance_id }),
    ],
    'environment submit-telemetry': ['{}'],
    'ha checkin': ['true', '1'],
    'hub integration': ['--identifier', world.integrations[0].identifier],
    'monitoring events': ['[{"event":"e","priority":"high","type":"info"}]'],
    'monitoring metrics': ['[{"metric":"m","type":"count"}]'],
    'object-cache set': ['1h', 'k', 'environment', 'v'],
    'object-cache get': ['environment', 'k'],
    'server download-image': [world.server_images[0].id],
    'virtual-machine get': [machine],
    'virtual-machine domains': [machine],
    'virtual-machine gateways': [machine],
    'vpn login': [username, password],
  };
  const { description } = require('../lib/protocol').definitionOf(cycleProtocol);
  assert.equal(description.commands.length, 35);
  // The one that reads what another stores comes after it.
  const commands = [...description.commands].sort(
    (a, b) => Number(a.endpoint.join() === 'object-cache,get') - Number(b.endpoint.join() === 'object-cache,get'),
  );
  for (const { group, name, endpoint } of commands) {
    const { path: route, request } = cycleProtocol[endpoint[0]][endpoint[1]];
    const args = [group, name, ...(params[`${group} ${name}`] ?? []), '--json'];
    const { code, stdout, stderr } = await commandLine(args, { env: { ...env, CYCLE_API_TOKEN: simulator.token } });
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    assert.doesNotThrow(() => JSON.parse(stdout), `${args.join(' ')}: ${stdout}`);
    assert.deepEqual(seen.pop(), { method: request.method, path: route, token: simulator.token });
  }
});

test('request sends anything', async (t) => {
  const { env, requests } = await platform(t, (request, response) =>
    request.url.startsWith('/fail')
      ? json(response, envelope('404.uri', 'No'), 404)
      : json(response, { any: 'thing' }, 201),
  );
  const { stdout, code } = await commandLine(['request', '/v1/x?a=b&c=d%20e', '--json'], { env });
  assert.deepEqual([code, JSON.parse(stdout)], [0, { any: 'thing' }]);
  await commandLine(['request', 'post', '/v1/y', '--body', '{"a":[1]}'], { env });
  await commandLine(['request', 'PUT', '/v1/{z}', '--body', '-'], { env, input: '"text"' });
  assert.deepEqual(
    requests.map(({ method, url, body }) => [method, url, body.toString()]),
    [
      ['GET', '/v1/x?a=b&c=d%20e', ''],
      ['POST', '/v1/y', '{"a":[1]}'],
      ['PUT', '/v1/%7Bz%7D', '"text"'],
    ],
  );
  assert.equal(requests[0].headers['x-cycle-token'], 'token');
  const failed = await commandLine(['request', 'GET', '/fail'], { env });
  assert.deepEqual([failed.code, failed.stdout], [1, '']);
  assert.ok(failed.stderr.includes('does not know this path'));
});

test('help is there at every level, with examples', async () => {
  const { stdout: top, code } = await commandLine(['--help']);
  assert.equal(code, 0);
  const { description } = require('../lib/protocol').definitionOf(cycleProtocol);
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

test('the metadata of the environment is shown', async (t) => {
  const simulator = await startedSimulator(t);
  const { stdout, code } = await commandLine(['metadata', '--json', '--validate'], { env: simulator.env });
  assert.deepEqual([code, JSON.parse(stdout)], [0, JSON.parse(readFileSync(simulator.metadataPath, 'utf8'))]);
  const missing = await commandLine(['metadata', '--path', '/nowhere.json']);
  assert.deepEqual([missing.code, missing.stdout], [1, '']);
  assert.ok(missing.stderr.includes('ENOENT'));
});

test('notifications stream as they come, as JSON lines too, and end with their reader', async (t) => {
  const simulator = await startedSimulator(t);
  const lines = startCommandLine(['notifications', '--topic', 'container.*', '--json'], { env: simulator.env });
  t.after(() => lines.kill('SIGKILL'));
  await simulator.whenConnected();
  simulator.publish({ topic: 'environment.state.changed' });
  simulator.publish({ topic: 'container.state.changed', object: { id: 'c', state: 'running' } });
  simulator.publish({ topic: 'container.reconfigured', object: { id: 'd' } });
  await until(() => lines.text.stdout.split('\n').length === 3, 'two lines');
  const topics = lines.text.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).topic);
  assert.deepEqual(topics, ['container.state.changed', 'container.reconfigured']);
  const ended = new Promise((resolve) => lines.on('exit', (code) => resolve(code)));
  lines.kill('SIGINT');
  assert.equal(await ended, 130);

  const people = startCommandLine(['notifications'], { env: simulator.env });
  t.after(() => people.kill('SIGKILL'));
  await until(() => simulator.connections === 1, 'one socket');
  simulator.publish({
    topic: 'container.state.changed',
    object: { id: 'c\u001b', state: 'running', state_previous: 'starting' },
    context: { label: 'Web' },
  });
  await until(() => people.text.stdout.includes('\n'), 'a line');
  assert.match(people.text.stdout, /^container\.state\.changed {2}c\\u\{1b\} starting -> running {2}Web/);
  const gone = new Promise((resolve) => people.on('exit', (code) => resolve(code)));
  people.stdout.destroy();
  const flood = simulator.publishEvery({ topic: 'container.state.changed' }, { perSecond: 100 });
  assert.equal(await gone, 0, 'quiet when nobody reads any more');
  flood.stop();
  assert.equal(people.text.stderr, '');
  const wrong = await commandLine(['notifications'], { env: { ...simulator.env, CYCLE_API_TOKEN: 'wrong' } });
  assert.deepEqual([wrong.code, wrong.stdout], [3, '']);
});

test('simulate runs a simulator until it is interrupted', async (t) => {
  const folder = temporaryFolder(t);
  const socketPath = path.join(folder, 'api.sock');
  const simulator = startCommandLine(['simulate', socketPath, '--token', 'secret', '--json']);
  t.after(() => simulator.kill('SIGKILL'));
  await until(() => simulator.text.stdout.includes('\n'), 'where it listens');
  const { socketPath: shown, env } = JSON.parse(simulator.text.stdout);
  assert.deepEqual([shown, env.CYCLE_API_TOKEN], [socketPath, 'secret']);
  const { stdout, code } = await commandLine(['hub', 'get', '--json'], { env });
  assert.equal(code, 0);
  assert.equal(typeof JSON.parse(stdout).id, 'string');
  const ended = new Promise((resolve) => simulator.on('exit', (exit) => resolve(exit)));
  simulator.kill('SIGINT');
  assert.equal(await ended, 130);
  assert.deepEqual(require('node:fs').readdirSync(folder), [], 'nothing is left behind');
});
