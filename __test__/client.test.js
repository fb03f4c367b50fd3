'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { getClient } = require('..');
const { TOKEN, client } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'];

/** Sets CYCLE_API_TOKEN for one test. */
function withEnvironment(t, value) {
  const before = process.env.CYCLE_API_TOKEN;
  const set = (next) => {
    if (next === undefined) delete process.env.CYCLE_API_TOKEN;
    else process.env.CYCLE_API_TOKEN = next;
  };
  set(value);
  t.after(() => set(before));
}

test("the client has openapi-fetch's methods", (t) => {
  const made = client(t, { socketPath: '/nowhere.sock' });
  for (const name of [...METHODS, 'request', 'use', 'eject', 'close']) {
    assert.equal(typeof made[name], 'function', name);
  }
  assert.equal(typeof made[Symbol.asyncDispose], 'function');
});

test('a missing or empty token throws at once and names CYCLE_API_TOKEN', async (t) => {
  withEnvironment(t, undefined);
  for (const options of [undefined, {}, { token: undefined }, { token: '' }, { socketPath: '/nowhere.sock' }]) {
    assert.throws(
      () => getClient(options),
      (error) => error instanceof Error && /CYCLE_API_TOKEN/.test(error.message),
    );
  }
  process.env.CYCLE_API_TOKEN = '';
  assert.throws(() => getClient(), /CYCLE_API_TOKEN/);
});

test('the token is read from the environment when getClient is called', async (t) => {
  const peer = await recordingServer(t);
  withEnvironment(t, 'from-environment');
  const made = getClient({ socketPath: peer.socketPath });
  t.after(() => made.close());
  process.env.CYCLE_API_TOKEN = 'changed-later';
  await made.GET('/v1/environment');
  assert.equal(peer.requests[0].headers['x-cycle-token'], 'from-environment');
});

test('the token option wins over the environment', async (t) => {
  const peer = await recordingServer(t);
  withEnvironment(t, 'from-environment');
  await client(t, peer).GET('/v1/environment');
  assert.equal(peer.requests[0].headers['x-cycle-token'], TOKEN);
});

test('methods work without their client', async (t) => {
  const peer = await recordingServer(t);
  const { GET, request } = client(t, peer);
  assert.deepEqual((await GET('/v1/environment')).data, { data: 'ok' });
  assert.deepEqual((await request('get', '/v1/environment')).data, { data: 'ok' });
});

test('clients are independent of each other', async (t) => {
  const [first, second] = [await recordingServer(t), await recordingServer(t)];
  const one = client(t, first, { token: 'token-one' });
  const two = client(t, second, { token: 'token-two' });
  const three = client(t, second, { token: 'token-three' });
  one.use({ onRequest: ({ request }) => void request.headers.set('x-only', 'one') });
  await Promise.all([one.GET('/v1/environment'), two.GET('/v1/environment'), three.GET('/v1/environment')]);
  assert.deepEqual(
    first.requests.map(({ headers }) => headers['x-cycle-token']),
    ['token-one'],
  );
  assert.deepEqual(second.requests.map(({ headers }) => headers['x-cycle-token']).sort(), ['token-three', 'token-two']);
  assert.deepEqual(
    second.requests.map(({ headers }) => headers['x-only']),
    [undefined, undefined],
  );
});

test('a call rejects instead of throwing, whatever it is given', async (t) => {
  const made = client(t, { socketPath: '/nowhere.sock' });
  for (const call of [
    () => made.GET('/v1/a', { params: null }),
    () => made.GET('/v1/a', { headers: { 'bad name': 'x' } }),
    () => made.POST('/v1/a', { body: 1n }),
    () => made.TRACE('/v1/a'),
  ]) {
    const pending = call();
    assert.ok(pending instanceof Promise);
    await assert.rejects(pending, TypeError);
  }
});

test('plain calls: data or error, and the response', async (t) => {
  const peer = await recordingServer(t, (request, response) =>
    request.url === '/v1/environment'
      ? json(response, { data: { id: '1' } })
      : json(response, { data: null, error: { code: '404.uri' } }, 404),
  );
  const made = client(t, peer);
  const good = await made.GET('/v1/environment');
  assert.deepEqual(Object.keys(good), ['data', 'response']);
  assert.deepEqual(good.data, { data: { id: '1' } });
  const bad = await made.GET('/v1/nothing');
  assert.deepEqual(Object.keys(bad), ['error', 'response']);
  assert.equal(bad.error.error.code, '404.uri');
  assert.equal(bad.response.status, 404);
});
