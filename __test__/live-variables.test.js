'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { inspect } = require('node:util');
const { getClient } = require('@cycleplatform/internal-api-client');
const { watchScopedVariables } = require('@cycleplatform/internal-api-client/live');
const { rejection, TOKEN } = require('./peers/client.js');
const { livePlatform, wrongAccess } = require('./peers/live.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

const SECRET = 'swordfish-never-print-me';
const UPDATED = 'environment.scoped-variable.updated';

/** Options with which it is fast. */
const FAST = { minIntervalMs: 1, reconnectBaseDelayMs: 1, reconnectMaxDelayMs: 5 };

/**
 * A watch that is closed after the test, with what it emits.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ socketPath?: string, token?: string }} platform
 * @param {object} [options]
 */
async function watched(t, { socketPath, token = TOKEN }, options = {}) {
  const variables = await watchScopedVariables(
    /** @type {any} */ ({ socketPath, token, ...FAST, pollMs: 3_600_000, ...options }),
  );
  t.after(() => variables.close());
  /** @type {any[][]} */
  const events = [];
  const errors = [];
  for (const name of /** @type {const} */ (['changed', 'vanished', 'emptied'])) {
    variables.on(name, (...details) => events.push([name, ...details]));
  }
  variables.on('error', (error) => errors.push(error));
  return { variables, events, errors };
}

/**
 * A platform with variables that the test may change, and a watch of it that is connected.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, unknown>} data
 * @param {object} [options]
 */
async function platformWith(t, data, options) {
  const platform = await livePlatform(t, () => ({ data }));
  const watch = await watched(t, platform, options);
  await until(() => platform.connections === 1, 'the connection');
  const set = (next) => {
    platform.answer = () => ({ data: next });
    platform.notify(UPDATED);
  };
  return { platform, set, ...watch };
}

test('it has the variables, and follows the simulated ones by notifications', async (t) => {
  const simulator = await startedSimulator(t);
  const { variables, events } = await watched(t, simulator);
  await simulator.whenConnected();
  assert.equal(variables.get('DATABASE_HOST'), 'database');
  assert.equal(variables.has('DATABASE_HOST'), true);
  assert.equal(variables.has('NOTHING'), false);
  assert.equal(variables.get('NOTHING'), undefined);
  assert.deepEqual(variables.names.sort(), Object.keys(simulator.world.scoped_variables).sort());

  simulator.update({ scoped_variables: { DATABASE_HOST: 'other', NEW: '1' } });
  simulator.publish({ topic: UPDATED });
  await until(() => events.length === 2, 'two changes');
  assert.deepEqual(events.sort(), [
    ['changed', 'DATABASE_HOST', 'other', 'database'],
    ['changed', 'NEW', '1', undefined],
  ]);
  assert.equal(variables.get('DATABASE_HOST'), 'other');
});

test('a variable that the platform gives only for a while keeps its value', async (t) => {
  const simulator = await startedSimulator(t, { world: { scoped_variable_durations: { DATABASE_PASSWORD: '10m' } } });
  const { variables, events } = await watched(t, simulator, { pollMs: 20, required: ['DATABASE_PASSWORD'] });
  const password = variables.get('DATABASE_PASSWORD');
  simulator.advance(600_000);
  await until(() => events.length > 0, 'it has vanished');
  assert.deepEqual(events, [['vanished', 'DATABASE_PASSWORD']]);
  assert.equal(variables.get('DATABASE_PASSWORD'), password);
  assert.equal(variables.has('DATABASE_PASSWORD'), true);
  assert.ok(variables.names.includes('DATABASE_PASSWORD'));
});

test('what vanishes, turns empty, or comes back is told once', async (t) => {
  const { variables, events, set, platform } = await platformWith(t, { a: '1', b: '2' });
  const told = async (next, expected) => {
    const from = events.length;
    const calls = platform.calls.length;
    set(next);
    await until(() => platform.calls.length > calls && events.length >= from + expected.length, 'the events');
    assert.deepEqual(events.slice(from), expected);
  };
  await told({ b: '2' }, [['vanished', 'a']]);
  await told({ a: '', b: '2' }, [['emptied', 'a']]);
  await told({ a: '1', b: '2' }, []);
  await told({ a: '1', b: '' }, [['emptied', 'b']]);
  await told({ a: '1' }, [['vanished', 'b']]);
  await told({ a: '1', b: '3', c: '' }, [
    ['changed', 'b', '3', '2'],
    ['changed', 'c', '', undefined],
  ]);
  await told({ a: '1', b: '3', c: '4' }, [['changed', 'c', '4', '']]);
  assert.deepEqual(variables.names, ['a', 'b', 'c']);
});

test('what is required and missing rejects with its names, and an empty one is missing', async (t) => {
  const platform = await livePlatform(t, () => ({ data: { here: SECRET, empty: '' } }));
  const options = { socketPath: platform.socketPath, token: TOKEN, ...FAST };
  const error = await rejection(
    watchScopedVariables({ ...options, required: ['here', 'gone', 'empty', 'toString', 'gone'] }),
  );
  assert.equal(error.code, 'ERR_CYCLE_VARIABLES_MISSING');
  assert.deepEqual(error.missing, ['gone', 'empty', 'toString']);
  assert.match(error.message, /no value for gone, empty, toString\. Empty: empty\./);
  assert.doesNotMatch(inspect(error), new RegExp(SECRET));
  await until(() => platform.connections === 0, 'nothing is left open');
});

test('names are data', async (t) => {
  const platform = await livePlatform(t, () => ({ text: '{"data":{"__proto__":"1","constructor":"2","":"3"}}' }));
  const { variables } = await watched(t, platform);
  assert.deepEqual(variables.names, ['__proto__', 'constructor', '']);
  assert.equal(variables.get('__proto__'), '1');
  assert.equal(variables.get('toString'), undefined);
});

test('values are in no error, and in nothing that is inspected or logged', async (t) => {
  const { variables, set, errors, platform } = await platformWith(t, { password: SECRET });
  assert.equal(variables.get('password'), SECRET);
  const shown = [
    inspect(variables, { depth: 20, showHidden: true, getters: false }),
    inspect(variables, { depth: 20, getters: true }),
    JSON.stringify(variables),
    String(variables),
  ];
  set({ password: { value: SECRET } });
  await until(() => errors.length === 1, 'a bad answer');
  platform.answer = () => ({ text: `{"data":{"password":"${SECRET}"x` });
  await until(() => errors.length === 2, 'text that is no JSON');
  platform.answer = () => ({ data: SECRET });
  await until(() => errors.length === 3, 'another shape');
  assert.deepEqual(
    errors.map(({ code }) => code),
    Array(3).fill('ERR_CYCLE_BAD_ANSWER'),
  );
  for (const text of [...shown, ...errors.map((error) => inspect(error, { depth: 20, showHidden: true }))]) {
    for (const piece of [SECRET, SECRET.slice(0, 6), SECRET.slice(-6)]) assert.ok(!text.includes(piece), text);
  }
  assert.equal(variables.get('password'), SECRET);
});

test('lists come one at a time, and a burst of notifications leads to few', async (t) => {
  const { platform, events } = await platformWith(t, { a: '0' }, { minIntervalMs: 50 });
  platform.mostInFlight = 0;
  let count = 0;
  platform.answer = async () => {
    await sleep(5);
    count += 1;
    return { data: { a: String(count) } };
  };
  const before = platform.calls.length;
  for (let index = 0; index < 200; index += 1) platform.notify(UPDATED);
  await until(() => events.length > 0, 'a change');
  await sleep(120);
  assert.equal(platform.mostInFlight, 1);
  assert.ok(platform.calls.length - before < 50, `${platform.calls.length - before} lists`);
});

test('topics of other things lead to no list', async (t) => {
  const { platform, events } = await platformWith(t, { a: '1' });
  // Long enough for the list after the connect.
  await sleep(50);
  const before = platform.calls.length;
  platform.answer = () => ({ data: { a: '2' } });
  platform.notify('environment.state.changed');
  await sleep(30);
  assert.equal(platform.calls.length, before);
  platform.notify('environment.scoped-variable.new');
  await until(() => events.length === 1, 'the change');
});

test('after a reconnect it lists, since notifications may have been lost', async (t) => {
  const { platform, events, variables } = await platformWith(t, { a: '1' });
  platform.answer = () => ({ data: { a: '2' } });
  platform.disconnect();
  await until(() => events.length === 1, 'the change');
  assert.equal(variables.get('a'), '2');
});

test('where notifications are refused, it polls, and says so once', async (t) => {
  const platform = await livePlatform(t, () => ({ data: { a: '1' } }));
  platform.refusal = 403;
  const { events, errors } = await watched(t, platform, { pollMs: 5 });
  platform.answer = () => ({ data: { a: '2' } });
  await until(() => events.length === 1 && platform.handshakes > 5, 'the change');
  assert.deepEqual(
    errors.map(({ code, status }) => [code, status]),
    errors.length === 0 ? [] : [['ERR_CYCLE_HANDSHAKE', 403]],
  );
});

test('a socket that goes and comes back is followed', async (t) => {
  const socketPath = temporarySocketPath(t);
  const first = await livePlatform(t, () => ({ data: { a: '1' } }), socketPath);
  const { events, errors, variables } = await watched(t, first, { pollMs: 5 });
  await first.close();
  await until(() => errors.length > 0, 'a failure');
  assert.equal(variables.get('a'), '1');
  await livePlatform(t, () => ({ data: { a: '2' } }), socketPath);
  await until(() => events.length === 1, 'the change');
});

test('a token that expires leaves the values, and a later one is not needed when it is accepted again', async (t) => {
  const simulator = await startedSimulator(t);
  const { variables, errors, events } = await watched(t, simulator, { pollMs: 20 });
  const { token } = simulator;
  simulator.setToken('another');
  await until(() => errors.some(({ status }) => status === 401), 'a 401');
  assert.match(errors.find(({ status }) => status === 401).message, /CYCLE_API_TOKEN/);
  assert.equal(variables.get('DATABASE_HOST'), 'database');
  simulator.setToken(token);
  simulator.update({ scoped_variables: { DATABASE_HOST: 'other' } });
  await until(() => events.length === 1, 'the change');
});

test('at the start, what passes is tried again', async (t) => {
  let calls = 0;
  const platform = await livePlatform(t, () => {
    calls += 1;
    if (calls === 1) return { status: 503, error: { code: '503.not-ready' } };
    return { data: { a: '1' } };
  });
  const { variables } = await watched(t, platform);
  assert.equal(variables.get('a'), '1');
});

test('at the start, what does not pass rejects, with what is needed', async (t) => {
  const answers = {
    ERR_CYCLE_BAD_ANSWER: [
      { data: [] },
      { data: null },
      { data: 'text' },
      { data: { a: 1 } },
      { text: '{' },
      { text: '1' },
    ],
    ERR_CYCLE_API: [
      { status: 401, error: { code: '401.auth-invalid' } },
      { status: 403, error: { code: '403.permissions' } },
      { status: 404, error: { code: '404.uri' } },
    ],
  };
  for (const [code, given] of Object.entries(answers)) {
    for (const answer of given) {
      const platform = await livePlatform(t, () => answer);
      const error = await rejection(watchScopedVariables({ socketPath: platform.socketPath, token: TOKEN }));
      assert.equal(error.code, code, JSON.stringify(answer));
      assert.match(error.message, /GET \/v1\/environment\/scoped-variables/);
      await until(() => platform.connections === 0, 'nothing is left open');
    }
  }
});

test('later, such answers are told, and the values stay', async (t) => {
  const { platform, variables, errors, events } = await platformWith(t, { a: '1' }, { pollMs: 5 });
  platform.answer = () => ({ status: 403, error: { code: '403.permissions' } });
  await until(() => errors.length === 1, 'the failure');
  assert.equal(errors[0].status, 403);
  assert.equal(variables.get('a'), '1');
  platform.answer = () => ({ data: { a: '2' } });
  await until(() => events.length === 1, 'it is tried again');
});

test('a client that is given is used and left open; when it is closed the watch ends', async (t) => {
  const platform = await livePlatform(t, () => ({ data: { a: '1' } }));
  const client = getClient({ socketPath: platform.socketPath, token: 'of the client' });
  const variables = await watchScopedVariables({ client, ...FAST, pollMs: 5 });
  await until(() => platform.connections === 1, 'notifications from where the client calls');
  assert.equal(platform.calls[0].token, 'of the client');
  await variables.close();
  assert.equal((await client.GET('/v1/environment/scoped-variables')).response.status, 200);

  const other = await watchScopedVariables({ client, ...FAST, pollMs: 5 });
  const failed = once(other, 'error');
  await client.close();
  assert.equal((await failed)[0].code, 'ERR_CYCLE_CLOSED');
  await until(() => platform.connections === 0, 'the end');
  assert.equal((await rejection(watchScopedVariables({ client, ...FAST }))).code, 'ERR_CYCLE_CLOSED');
});

test('a signal ends it, before and after the start', async (t) => {
  const platform = await livePlatform(t, () => ({ data: { a: '1' } }));
  const stop = new AbortController();
  const access = { socketPath: platform.socketPath, token: TOKEN, signal: stop.signal };
  await watchScopedVariables(access);
  await until(() => platform.connections === 1, 'the connection');
  const waiting = rejection(watchScopedVariables({ ...access, socketPath: temporarySocketPath(t) }));
  stop.abort(new Error('enough'));
  assert.equal(await waiting, stop.signal.reason);
  await until(() => platform.connections === 0, 'the end');
  assert.equal(await rejection(watchScopedVariables(access)), stop.signal.reason);
});

test('wrong options are refused', async () => {
  for (const [options, code] of [
    ...wrongAccess(),
    [{ required: 'A' }, 'ERR_INVALID_ARG_TYPE'],
    [{ required: [1] }, 'ERR_INVALID_ARG_TYPE'],
    [{ required: [''] }, 'ERR_INVALID_ARG_TYPE'],
    [{ pollMs: '5' }, 'ERR_INVALID_ARG_TYPE'],
    [{ pollMs: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ minIntervalMs: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ idleTimeoutMs: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    [{ reconnectBaseDelayMs: Number.NaN }, 'ERR_OUT_OF_RANGE'],
  ]) {
    const error = await rejection(watchScopedVariables(/** @type {any} */ (options)));
    assert.equal(error.code, code, JSON.stringify(options));
  }
});
