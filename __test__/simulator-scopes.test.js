'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const WebSocket = require('ws');
const operations = require('../generated/operations.json');
const { getClient } = require('..');
const { startSimulator } = require('../testing');
const { assertError } = require('./peers/declared-answers');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');

/** @typedef {import('../testing').Scope} Scope */
/** @typedef {import('../testing').Simulator} Simulator */

/** @type {Scope[]} */
const SCOPES = ['self', 'environment', 'networks', 'server', 'notifications'];

/** @param {Scope} scope */
const without = (scope) => SCOPES.filter((one) => one !== scope);

/**
 * @param {Simulator} simulator
 * @param {any} operation
 */
function ask(simulator, { method, path, params }) {
  const required = params.filter((/** @type {any} */ param) => param.required);
  const query = new URLSearchParams(required.map((/** @type {any} */ { name }) => [name, 'x']));
  return request(simulator, `${path}?${query}`, { method });
}

/**
 * @param {{ status: number | undefined, text: string, json: any }} answer
 * @param {string} scope
 */
function assertMissing(answer, scope) {
  assertError(answer, 403, '403.permissions');
  assert.match(answer.json.error.title, /config\.runtime\.internal_api\.scope/);
  assert.match(answer.json.error.detail, new RegExp(`^needs the scope ${scope}; allowed: `));
}

test('an operation needs the scopes that it declares', async (t) => {
  const simulator = await startedSimulator(t);
  let refused = 0;
  for (const operation of operations) {
    const scopes = Array.isArray(operation.scopes) ? operation.scopes : [];
    for (const scope of SCOPES) {
      simulator.setScopes(without(scope));
      const answer = await ask(simulator, operation);
      if (scopes.includes(scope)) {
        assertMissing(answer, scope);
        refused += 1;
      } else {
        assert.notEqual(answer.json.error?.code, '403.permissions', `${operation.operationId} without ${scope}`);
      }
    }
  }
  assert.ok(refused >= 8, `only ${refused} were refused`);
});

test('the object cache needs the scope that goes with its own', async (t) => {
  /** @type {[string, Scope][]} */
  const pairs = [
    ['global', 'server'],
    ['environment', 'environment'],
    ['container', 'self'],
    ['instance', 'self'],
  ];
  const simulator = await startedSimulator(t);
  for (const [cache, scope] of pairs) {
    const read = () => request(simulator, `/v1/object-cache?scope=${cache}&key=k`);
    const body = { scope: cache, key: 'k', value: 'v', expires: '1h' };
    const write = () => request(simulator, '/v1/object-cache', { body });
    simulator.setScopes(without(scope));
    assertMissing(await read(), scope);
    assertMissing(await write(), scope);
    simulator.setScopes([scope]);
    assert.equal((await write()).status, 200);
    assert.equal((await read()).status, 200);
  }
});

test('notifications need a scope of their own', async (t) => {
  const simulator = await startedSimulator(t, { scopes: ['self'] });
  const url = `ws+unix://${simulator.socketPath}:/v1/notifications`;
  const connect = () => new WebSocket(url, { headers: { 'x-cycle-token': simulator.token } });
  const refused = connect();
  const [, response] = await once(refused, 'unexpected-response');
  const chunks = await response.toArray();
  const text = Buffer.concat(chunks).toString();
  assertMissing({ status: response.statusCode, text, json: JSON.parse(text) }, 'notifications');

  simulator.setScopes(['notifications']);
  const socket = connect();
  await once(socket, 'open');
  simulator.setScopes([]);
  simulator.publish({ topic: 'container.state.changed' });
  const [message] = await once(socket, 'message');
  assert.equal(JSON.parse(String(message)).topic, 'container.state.changed');
  socket.terminate();
});

test('a scope is lost and comes back while a client is there', async (t) => {
  const simulator = await startedSimulator(t);
  const client = getClient({ socketPath: simulator.socketPath, token: simulator.token });
  assert.equal((await client.GET('/v1/environment')).response.status, 200);
  simulator.setScopes(['self']);
  const { error } = await client.GET('/v1/environment');
  assert.deepEqual(
    [error?.error?.code, error?.error?.detail],
    ['403.permissions', 'needs the scope environment; allowed: self'],
  );
  assert.equal((await client.GET('/v1/container')).response.status, 200);
  simulator.reset();
  assert.equal((await client.GET('/v1/environment')).response.status, 403);
  simulator.setScopes(undefined);
  assert.equal((await client.GET('/v1/environment')).response.status, 200);
});

test('the token comes before the scopes', async (t) => {
  const simulator = await startedSimulator(t, { scopes: [] });
  assertError(await request(simulator, '/v1/environment', { token: 'wrong' }), 401, '401.auth-invalid');
  assert.equal((await request(simulator, '/v1/hub')).status, 200);
});

test('scopes that are none are refused', async (t) => {
  const simulator = await startedSimulator(t);
  for (const [scopes, message] of /** @type {[any, RegExp][]} */ ([
    ['self', /^scopes must be an array, not a string$/],
    [[5], /^a scope must be a string, not a number$/],
    [
      ['self', 'netwroks'],
      /there is no scope "netwroks"; the scopes are self, environment, networks, server, notifications; did you mean networks\?/,
    ],
  ])) {
    const expected = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message };
    await assert.rejects(startSimulator({ scopes }), expected);
    assert.throws(() => simulator.setScopes(scopes), expected);
  }
});
