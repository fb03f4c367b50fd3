'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const test = require('node:test');
const operations = require('../generated/operations.json');
const { createProtocolClient, cycleProtocol } = require('../protocol');
const { bodyOf, json, recordingServer } = require('./peers/http-server.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { upstreamClient } = require('./peers/upstream.js');

/** A node:http server that passes everything on to a simulator. */
async function relay(t, simulator) {
  return recordingServer(t, ({ method, url, headers, body }, response) => {
    const { socketPath } = simulator;
    const passed = http.request({ socketPath, method, path: url, headers }, async (answer) => {
      response.writeHead(answer.statusCode, { 'content-type': 'application/json' });
      response.end(await bodyOf(answer));
    });
    passed.end(body);
  });
}

test('every endpoint sends and gives what openapi-fetch over undici does', async (t) => {
  const simulator = await startedSimulator(t);
  const { socketPath, requests } = await relay(t, simulator);
  const { token, world } = simulator;
  const client = createProtocolClient(cycleProtocol, { socketPath, token });
  t.after(() => client.close());
  const upstream = upstreamClient(t, { socketPath, token });
  const machine = { 'virtual-machine-id': world.virtual_machines[0].id };
  const login = world.vpn_users[0];
  const contents = { container_id: world.self.container_id, instance_id: world.self.instance_id };
  const bodies = {
    events: [{ event: 'e', priority: 'high', type: 'info' }],
    metrics: [{ metric: 'm', type: 'count' }],
    snapshots: {},
  };
  /** @type {Record<string, object>} */
  const params = {
    createInstanceJob: { action: 'container.instance.start', contents },
    getContainer: { 'container-id': world.containers[1].id },
    haCheckin: { electable: true, priority: 1 },
    getHubIntegration: { vendor: world.integrations[0].vendor },
    postObjectCache: { expires: '1h', key: 'a key/é', scope: 'environment', value: 'v' },
    getObjectCache: { scope: 'environment', key: 'a key/é' },
    downloadImage: { image_id: world.server_images[0].id },
    getVirtualMachine: machine,
    getVirtualMachineDomains: machine,
    getVirtualMachineGateways: machine,
    validateVPNLogin: { username: login.username, password: login.password },
    submitLoadBalancerTelemetry: { snapshots: bodies.snapshots },
    postEvent: { events: bodies.events },
    postMetric: { metrics: bodies.metrics },
  };
  const { global: _, ...groups } = cycleProtocol;
  const endpoints = Object.entries(groups).flatMap(([group, named]) =>
    Object.entries(named).map(([name, endpoint]) => ({ group, name, endpoint })),
  );
  assert.equal(endpoints.length, operations.length);
  // What reads a stored value comes after what stores it.
  endpoints.sort(
    (a, b) =>
      Number(a.endpoint.path === '/v1/object-cache') - Number(b.endpoint.path === '/v1/object-cache') ||
      (a.name < b.name ? 1 : -1),
  );
  for (const { group, name, endpoint } of endpoints) {
    const { path, request } = endpoint;
    const { operationId } = operations.find((one) => one.path === path && one.method === request.method);
    const given = params[operationId] ?? {};
    const names = request.body ?? [];
    const body =
      typeof names === 'string' ? given[names] : Object.fromEntries(names.map((param) => [param, given[param]]));
    const { data, error } = await upstream[request.method](path, {
      ...(request.body && { body }),
      ...(request.method === 'GET' && { params: { query: given } }),
      ...(request.basic && { headers: { authorization: `Basic ${btoa(`${given.username}:${given.password}`)}` } }),
    });
    assert.equal(error, undefined, operationId);
    const results = await client[group][name](given);
    const wire = ({ method, url, headers, body: sent }) => {
      const { authorization, host } = headers;
      return { method, url, authorization, host, token: headers['x-cycle-token'], body: sent.toString() };
    };
    const [theirs, ours] = requests.splice(0);
    assert.deepEqual(wire(ours), wire(theirs), operationId);
    // Times of the answer itself differ.
    const lasting = (value) =>
      JSON.stringify(value, (key, inner) => (/^(access_)?time$/.test(key) ? undefined : inner));
    assert.equal(lasting(results), lasting(data.data), operationId);
  }
});

test('errors of the platform have names, and say what to do', async (t) => {
  let answer = [500, {}];
  const { socketPath } = await recordingServer(t, (_request, response) => json(response, answer[1], answer[0]));
  const client = createProtocolClient(cycleProtocol, { socketPath, token: 't' });
  t.after(() => client.close());
  const envelope = (status, code, more) => ({ data: null, error: { status, code, title: 'Title', ...more } });
  for (const [status, code, name, more] of [
    [401, '401.auth-invalid', 'unauthorized'],
    [401, '401.auth-expired', 'expiredToken'],
    [401, undefined, 'unauthorized'],
    [403, '403.permissions', 'forbidden'],
    [403, '403.invalid-state', 'wrongState'],
    [404, '404.container', 'notFound'],
    [404, '404.uri', 'unknownPath'],
    [409, '409.duplicate-found', 'conflict'],
    [415, '415.invalid-content-type', 'unsupportedMediaType'],
    [422, '422.missing-argument', 'malformedRequest', { source: '/key' }],
    [422, '422.something-new', 'malformedRequest'],
    [400, '400.invalid-syntax', 'malformedRequest'],
    [422, '422.max-exceeded', 'tooMuch'],
    [422, '422.already-exists', 'exists'],
    [429, '429.rate-limiting', 'tooManyRequests'],
    [500, '500.database', 'platformFault'],
    [501, undefined, 'notImplemented'],
    [502, undefined, 'badGateway'],
    [503, '503.not-ready', 'unavailable'],
    [503, '503.not-enabled', 'notEnabled'],
    [504, '504.not-available', 'gatewayTimeout'],
    [418, undefined, 'generic'],
  ]) {
    answer = [status, code ? envelope(status, code, more) : 'nothing known'];
    await assert.rejects(client.hub.get(), (error) => {
      assert.deepEqual([error.name, error.status], [name, status], code);
      assert.ok(error.suggestions.length > 0);
      assert.ok(!more || error.message.includes(more.source));
      return true;
    });
  }
  answer = [404, envelope(404, '404.hub.integration')];
  await assert.rejects(client.hub.integration({ vendor: 'x' }), { name: 'noIntegration' });
  answer = [404, envelope(404, '404.ha-service.session')];
  await assert.rejects(client.ha.checkin({ electable: true, priority: 1 }), (error) => {
    assert.equal(error.name, 'electionsDisabled');
    return error.suggestions[0].includes('deploy.ha_elections');
  });
  answer = [403, { data: false }];
  await assert.rejects(client.vpn.login({ username: 'ada', password: 'secret' }), (error) => {
    assert.deepEqual(
      [error.name, error.message.includes('ada'), error.message.includes('secret')],
      ['loginRefused', true, false],
    );
    return true;
  });
});

test('every code that the platform declares means a declared error', async (t) => {
  const { components } = require('../generated/openapi.json');
  const codes = components.schemas.Error.properties.code.enum;
  let code;
  const { socketPath } = await recordingServer(t, (_request, response) =>
    json(response, { data: null, error: { code, title: 'x' } }, Number(code.slice(0, 3))),
  );
  const client = createProtocolClient(cycleProtocol, { socketPath, token: 't' });
  t.after(() => client.close());
  for (code of codes) {
    await assert.rejects(client.hub.get(), (error) => error.name !== 'generic', code);
  }
});

test('what a call needs is said beside it, and by the error of a call that was refused', async (t) => {
  const simulator = await startedSimulator(t);
  const { socketPath, token } = simulator;
  const client = createProtocolClient(cycleProtocol, { socketPath, token });
  t.after(() => client.close());
  const suggestion = "This call needs scope `environment`: add it to the container's `runtime.internal_api.scope`.";
  for (const status of [401, 403]) {
    simulator.respond('GET /v1/environment', { status });
    await assert.rejects(client.environment.get(), ({ suggestions }) => suggestions.includes(suggestion));
  }
  simulator.respond('GET /v1/hub', { status: 403 });
  await assert.rejects(client.hub.get(), ({ suggestions }) => suggestions.length === 1);
  const needs = Object.fromEntries(operations.map(({ operationId, needs }) => [operationId, needs]));
  assert.equal(needs.getEnvironment, 'needs scope environment');
  assert.equal(needs.getHub, 'needs no scope');
  assert.match(needs.getObjectCache, /server for global, environment for environment, self for container/);
  assert.match(needs.validateVPNLogin, /platform/);
  assert.equal(needs.getServer, undefined);
});
