'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const test = require('node:test');
const { cycleProtocol } = require('../protocol');
const { commandLine } = require('./peers/command-line.js');
const { bodyOf, json } = require('./peers/http-server.js');
const { envelope, platform } = require('./peers/platform.js');
const { startedSimulator } = require('./peers/started-simulator.js');

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
  assert.ok((await keys()).every((key) => key === null));
  assert.ok((await keys('--reveal')).every((key) => key.includes('PRIVATE KEY') || key !== null));
  const { env } = await platform(t, (_request, response) => json(response, { data: integration }));
  const shown = JSON.parse((await commandLine(['hub', 'integration', '--json'], { env })).stdout);
  assert.deepEqual(shown.auth, { api_key: null, region: null });
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
  const { description } = require('../dist/protocol.js').definitionOf(cycleProtocol);
  assert.equal(description.commands.length, 36);
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
