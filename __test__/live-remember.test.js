'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { getClient } = require('@cycleplatform/internal-api-client');
const { remember } = require('@cycleplatform/internal-api-client/live');
const { rejection, TOKEN } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { wrongAccess } = require('./peers/live.js');
const { envelope } = require('./peers/platform.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

/** @param {{ socketPath?: string, token?: string }} peer */
const options = ({ socketPath, token = TOKEN }, more = {}) =>
  /** @type {any} */ ({ scope: 'container', expires: '1m', socketPath, token, ...more });

const failing = () => {
  throw new Error('it must not be made');
};

/** A promise, and how to settle it. */
function gate() {
  let [open, fail] = [(_value) => {}, (_error) => {}];
  const promise = new Promise((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => {});
  return { promise, open, fail };
}

/** A cache in memory. @param {import('node:test').TestContext} t */
async function cache(t) {
  const stored = new Map();
  const peer = await recordingServer(t, (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (request.method === 'POST') {
      const entry = JSON.parse(String(request.body));
      stored.set(`${entry.scope} ${entry.key}`, entry);
      return json(response, { data: null });
    }
    const entry = stored.get(`${url.searchParams.get('scope')} ${url.searchParams.get('key')}`);
    return entry ? json(response, { data: entry }) : json(response, envelope('404.uri', 'Nothing.'), 404);
  });
  return { ...peer, stored, methods: () => peer.requests.map(({ method }) => method).join(' ') };
}

test('a value is made once, stored, and then read', async (t) => {
  const simulator = await startedSimulator(t);
  const key = 'a key/with ümläuts & more=1';
  assert.equal(await remember(key, options(simulator), async () => 'made'), 'made');
  assert.equal(await remember(key, options(simulator), failing), 'made');
  assert.deepEqual(simulator.requests[1].json, { scope: 'container', key, value: 'made', expires: '1m' });
  assert.equal(await remember(key, options(simulator, { scope: 'environment' }), () => 'other'), 'other');
});

test('a value that has expired is made again', async (t) => {
  const simulator = await startedSimulator(t);
  await remember('key', options(simulator, { expires: '1m30s' }), () => 'first');
  simulator.advance(89_000);
  assert.equal(await remember('key', options(simulator), failing), 'first');
  simulator.advance(2000);
  assert.equal(await remember('key', options(simulator), () => 'second'), 'second');
});

test('an empty text is a value', async (t) => {
  const peer = await cache(t);
  assert.equal(await remember('key', options(peer), () => ''), '');
  assert.equal(await remember('key', options(peer), failing), '');
});

test('calls at the same time share one making', async (t) => {
  const peer = await cache(t);
  const { promise, open } = gate();
  let makes = 0;
  const make = () => {
    makes += 1;
    return promise;
  };
  const calls = [1, 2, 3].map(() => remember('key', options(peer), make));
  await until(() => makes > 0, 'the making');
  calls.push(remember('key', options(peer), make));
  open('value');
  assert.deepEqual(await Promise.all(calls), ['value', 'value', 'value', 'value']);
  assert.equal(makes, 1);
  assert.equal(peer.methods(), 'GET POST');
});

test('another key, scope, token, socket or client is another value', async (t) => {
  const [peer, other] = [await cache(t), await cache(t)];
  const [one, two] = [1, 2].map(() => getClient({ socketPath: peer.socketPath, token: TOKEN }));
  const { promise, open } = gate();
  let makes = 0;
  const make = () => {
    makes += 1;
    return promise;
  };
  const client = (client) => ({ client, scope: 'container', expires: '1m' });
  const calls = [
    remember('key', options(peer), make),
    remember('key 2', options(peer), make),
    remember('key', options(peer, { scope: 'instance' }), make),
    remember('key', options(peer, { token: 'another' }), make),
    remember('key', options(other), make),
    remember('key', /** @type {any} */ (client(one)), make),
    remember('key', /** @type {any} */ (client(one)), make),
    remember('key', /** @type {any} */ (client(two)), make),
  ];
  await until(() => makes === 7, 'seven are made');
  open('value');
  await Promise.all(calls);
  assert.equal(makes, 7);
  await Promise.all([one.close(), two.close()]);
});

test('what the maker throws rejects all who share it, and nothing is stored', async (t) => {
  const peer = await cache(t);
  const { promise, fail } = gate();
  const calls = [1, 2].map(() => rejection(remember('key', options(peer), () => promise)));
  const error = new Error('no value');
  fail(error);
  assert.deepEqual(await Promise.all(calls), [error, error]);
  assert.equal(await rejection(remember('key', options(peer), () => Promise.reject(error))), error);
  assert.equal(peer.stored.size, 0);
  assert.equal(await remember('key', options(peer), () => 'value'), 'value');
});

test('a cache that fails does not stop the program, and is reported', async (t) => {
  const failures = {
    ERR_CYCLE_API: (response) => json(response, envelope('403.permissions', 'No.'), 403),
    ERR_CYCLE_BAD_ANSWER: (response) => json(response, { data: { value: 7 } }),
    ERR_CYCLE_INVALID_JSON: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
    ECONNRESET: (response) => response.destroy(),
  };
  for (const [code, fail] of Object.entries(failures)) {
    const peer = await recordingServer(t, (request, response) =>
      request.method === 'GET' ? fail(response) : json(response, { data: null }),
    );
    const errors = [];
    assert.equal(await remember('key', options(peer, { onError: (error) => errors.push(error) }), () => 'v'), 'v');
    assert.deepEqual(
      errors.map((error) => error.code),
      [code],
    );
    assert.equal(await remember('key', options(peer), () => 'nobody is told'), 'nobody is told');
  }
});

test('a value that cannot be stored is given all the same', async (t) => {
  const peer = await recordingServer(t, (request, response) =>
    request.method === 'GET'
      ? json(response, envelope('404.uri', 'Nothing.'), 404)
      : json(response, envelope('403.permissions', 'No.'), 403),
  );
  const errors = [];
  assert.equal(await remember('key', options(peer, { onError: (error) => errors.push(error) }), () => 'v'), 'v');
  assert.equal(errors.length, 1);
  assert.equal(errors[0].status, 403);
  assert.match(errors[0].message, /^POST \/v1\/object-cache was answered with 403\.permissions .*needs a scope/);
});

test('without a socket the value is made, and both failures are reported', async (t) => {
  const socketPath = temporarySocketPath(t);
  const errors = [];
  const value = await remember('key', options({ socketPath }, { onError: (error) => errors.push(error) }), () => 'v');
  assert.equal(value, 'v');
  assert.deepEqual(
    errors.map(({ code, method }) => [code, method]),
    [
      ['ENOENT', 'GET'],
      ['ENOENT', 'POST'],
    ],
  );
});

test('a closed client is refused', async (t) => {
  const client = getClient({ socketPath: temporarySocketPath(t), token: TOKEN });
  await client.close();
  const error = await rejection(remember('key', { scope: 'container', expires: '1m', client }, failing));
  assert.equal(error.code, 'ERR_CYCLE_CLOSED');
});

test('one whose signal aborts leaves the others alone', async (t) => {
  const peer = await cache(t);
  const { promise, open } = gate();
  const stop = new AbortController();
  /** @type {AbortSignal | undefined} */
  let given;
  const make = ({ signal }) => {
    given = signal;
    return promise;
  };
  const first = rejection(remember('key', options(peer, { signal: stop.signal }), make));
  const second = remember('key', options(peer), make);
  await until(() => given, 'the making');
  stop.abort(new Error('enough'));
  assert.equal(await first, stop.signal.reason);
  assert.equal(given?.aborted, false);
  open('value');
  assert.equal(await second, 'value');
  assert.equal(peer.stored.size, 1);
});

test('when all have left, the making is given up, and a later call begins another', async (t) => {
  const peer = await cache(t);
  const stop = new AbortController();
  const { promise, open } = gate();
  /** @type {AbortSignal | undefined} */
  let given;
  const make = ({ signal }) => {
    given = signal;
    return promise;
  };
  const calls = [1, 2].map(() => rejection(remember('key', options(peer, { signal: stop.signal }), make)));
  await until(() => given, 'the making');
  stop.abort(new Error('enough'));
  assert.deepEqual(await Promise.all(calls), [stop.signal.reason, stop.signal.reason]);
  assert.equal(given?.aborted, true);
  assert.equal(await remember('key', options(peer), () => 'new'), 'new');
  open('old');
  assert.equal(await remember('key', options(peer), failing), 'new');
  assert.equal(await rejection(remember('key', options(peer, { signal: stop.signal }), failing)), stop.signal.reason);
});

test('what is no text is refused, and nothing is stored', async (t) => {
  const peer = await cache(t);
  for (const value of [undefined, null, 1, {}, Buffer.from('x')]) {
    const error = await rejection(remember('key', options(peer), /** @type {any} */ (() => value)));
    assert.equal(error.code, 'ERR_INVALID_ARG_TYPE');
  }
  assert.equal(peer.stored.size, 0);
});

test('wrong arguments are refused', async () => {
  const good = { scope: 'container', expires: '1m' };
  const make = () => 'value';
  for (const [key, given, maker, code] of /** @type {any[]} */ ([
    ['', good, make, 'ERR_INVALID_ARG_TYPE'],
    [1, good, make, 'ERR_INVALID_ARG_TYPE'],
    ['key', undefined, make, 'ERR_INVALID_ARG_VALUE'],
    ['key', good, undefined, 'ERR_INVALID_ARG_TYPE'],
    ['key', good, 'value', 'ERR_INVALID_ARG_TYPE'],
    ['key', { ...good, onError: 1 }, make, 'ERR_INVALID_ARG_TYPE'],
    ['key', { ...good, scope: 'world' }, make, 'ERR_INVALID_ARG_VALUE'],
    ['key', { expires: '1m' }, make, 'ERR_INVALID_ARG_VALUE'],
    ['key', { scope: 'container' }, make, 'ERR_INVALID_ARG_VALUE'],
    ...['', '1', 'soon', '0s', '-1s', 60].map((expires) => [
      'key',
      { ...good, expires },
      make,
      'ERR_INVALID_ARG_VALUE',
    ]),
    ...wrongAccess().map(([wrong, fault]) => [
      'key',
      typeof wrong === 'object' && wrong ? { ...good, ...wrong } : wrong,
      make,
      fault,
    ]),
  ])) {
    assert.equal((await rejection(remember(key, given, maker))).code, code, JSON.stringify([key, given]));
  }
});
