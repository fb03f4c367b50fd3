'use strict';

const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { startSimulator } = require('../testing');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');

/** @type {import('../testing').Simulator} */
let simulator;

before(async () => {
  simulator = await startSimulator();
});

beforeEach(() => simulator.reset());

after(() => simulator.close());

test('an answer can be given for an operation, a path, or a method and a path', async () => {
  const matches = /** @type {import('../testing').RequestMatch[]} */ ([
    'getHub',
    '/v1/hub',
    'GET /v1/hub',
    'get /v1/hub?any=query',
    { operationId: 'getHub' },
    { path: '/v1/hub' },
    { method: 'GET', path: '/v1/hub' },
  ]);
  for (const match of matches) {
    const handle = simulator.respond(match, { body: { data: match } });
    assert.deepEqual((await request(simulator, '/v1/hub')).json, { data: match });
    assert.equal((await request(simulator, '/v1/server')).status, 200);
    assert.equal(handle.calls, 1);
    handle.remove();
    handle.remove();
    assert.equal(handle.calls, 1);
  }
  assert.equal((await request(simulator, '/v1/hub')).json.data.id, simulator.world.self.hub_id);
});

test('it is sent as it was given', async () => {
  const give = async (/** @type {import('../testing').SimulatedAnswer} */ answer) => {
    simulator.respond('getHub', answer);
    return request(simulator, '/v1/hub', { token: null });
  };
  const json = await give({ body: [null, 'é'] });
  assert.deepEqual([json.status, json.headers['content-type'], json.json], [200, 'application/json', [null, 'é']]);
  const nothing = await give({ body: null, status: 202 });
  assert.deepEqual([nothing.status, nothing.text], [202, 'null']);
  const text = await give({ text: '<p>', headers: { 'Content-Type': 'text/html', 'Set-Cookie': ['a=1', 'b=2'] } });
  assert.deepEqual([text.headers['content-type'], text.text], ['text/html', '<p>']);
  assert.deepEqual(text.headers['set-cookie'], ['a=1', 'b=2']);
  const bytes = await give({ bytes: Buffer.from('caf\u00e9'), headers: [['x-a', '1']] });
  assert.deepEqual([bytes.headers['content-type'], bytes.text], ['application/octet-stream', 'caf\u00e9']);
  assert.equal(bytes.headers['x-a'], '1');
  assert.deepEqual([(await give({ status: 204 })).status, (await give({ status: 204 })).text], [204, '']);
});

test('a failure status alone brings the error that the platform has for it', async () => {
  for (const [status, code] of /** @type {const} */ ([
    [401, '401.auth-invalid'],
    [403, '403.permissions'],
    [409, '409.duplicate-found'],
    [429, '429.rate-limiting'],
    [500, '500.unknown'],
    [503, '503.not-ready'],
  ])) {
    simulator.respond('getHub', { status });
    const answer = await request(simulator, '/v1/hub');
    assert.deepEqual([answer.status, answer.json.data, answer.json.error.code], [status, null, code]);
  }
  simulator.respond('getHub', { status: 418 });
  assert.deepEqual(await request(simulator, '/v1/hub').then(({ status, text }) => [status, text]), [418, '']);
});

test('the last one given counts, for as often as it says', async () => {
  simulator.respond('getHub', { status: 500 });
  const twice = simulator.respond('/v1/hub', { status: 503, times: 2 });
  const statuses = [];
  for (let time = 0; time < 4; time++) statuses.push((await request(simulator, '/v1/hub')).status);
  assert.deepEqual(statuses, [503, 503, 500, 500]);
  assert.equal(twice.calls, 2);
});

test('an unknown path can be answered, and state is left alone by what is replaced', async () => {
  simulator.respond('POST /v2/new', { status: 201, body: { ok: true } });
  assert.equal((await request(simulator, '/v2/new', { body: {} })).status, 201);
  const images = simulator.world.server_images;
  simulator.respond('downloadImage', { body: { data: [] } });
  await request(simulator, '/v1/server/images/download', { body: { image_id: 'x' } });
  assert.deepEqual(simulator.world.server_images, images);
});

test('delay and headers alone change how the usual answer comes', async () => {
  simulator.respond('getHub', { delayMs: 1, headers: { 'x-slow': 'yes' } });
  const answer = await request(simulator, '/v1/hub');
  assert.deepEqual([answer.headers['x-slow'], answer.json.data.id], ['yes', simulator.world.self.hub_id]);
});

test('a delayed answer is overtaken', async (t) => {
  const server = await startedSimulator(t);
  server.respond('getHub', { delayMs: 60_000, times: 1 });
  const late = assert.rejects(request(server, '/v1/hub'), { code: 'ECONNRESET' });
  const signal = AbortSignal.timeout(10_000);
  while (server.requests.length === 0) {
    signal.throwIfAborted();
    await new Promise(setImmediate);
  }
  assert.equal((await request(server, '/v1/hub')).status, 200);
  assert.deepEqual(
    server.requests.map(({ status }) => status),
    [null, 200],
  );
  await server.close();
  await late;
});

test('latency holds for every answer until it is changed', async (t) => {
  const slow = await startedSimulator(t, { latencyMs: 60_000 });
  assert.equal(slow.latencyMs, 60_000);
  const late = assert.rejects(request(slow, '/v1/hub'), { code: 'ECONNRESET' });
  const signal = AbortSignal.timeout(10_000);
  while (slow.requests.length === 0) {
    signal.throwIfAborted();
    await new Promise(setImmediate);
  }
  // The latency is that of the moment when the answer is ready, shortly after the request is in the list.
  await new Promise((resolve) => setTimeout(resolve, 50));
  slow.latencyMs = 0;
  assert.equal(slow.latencyMs, 0);
  assert.equal((await request(slow, '/v1/hub')).status, 200);
  assert.deepEqual(
    slow.requests.map(({ status }) => status),
    [null, 200],
  );
  assert.throws(() => {
    slow.latencyMs = -1;
  }, /latencyMs must be a number of milliseconds from 0, not -1/);
  await slow.close();
  await late;
});

test('connections are dropped where they are told to be', async () => {
  const dropped = async (/** @type {'connection' | 'head' | 'body'} */ drop) => {
    simulator.respond('getHub', { drop, times: 1 });
    const code = await request(simulator, '/v1/hub').then(
      () => 'answered',
      ({ code }) => code,
    );
    return [code, simulator.requests.at(-1)?.fault, simulator.requests.at(-1)?.status];
  };
  assert.deepEqual(await dropped('connection'), ['ECONNRESET', 'connection', null]);
  assert.deepEqual(await dropped('head'), ['ECONNRESET', 'head', 200]);
  assert.deepEqual(await dropped('body'), ['ECONNRESET', 'body', 200]);
  assert.equal((await request(simulator, '/v1/hub')).status, 200);
});

test('a function answers, or leaves it to the simulator', async () => {
  const asked = /** @type {unknown[]} */ ([]);
  const handle = simulator.respond('/v1/object-cache', async (received) => {
    asked.push([received.method, received.query, received.json, received.operationId]);
    await new Promise(setImmediate);
    return received.method === 'GET' ? { body: { data: received.query.key } } : undefined;
  });
  const body = { scope: 'global', key: 'k', value: 'v', expires: '1m' };
  assert.deepEqual((await request(simulator, '/v1/object-cache?key=one')).json, { data: 'one' });
  assert.deepEqual((await request(simulator, '/v1/object-cache', { body })).json, { data: null });
  assert.deepEqual(asked, [
    ['GET', { key: 'one' }, undefined, 'getObjectCache'],
    ['POST', {}, body, 'postObjectCache'],
  ]);
  handle.remove();
  assert.equal((await request(simulator, '/v1/object-cache?scope=global&key=k')).json.data.value, 'v');
});

test('a function that fails answers 500 and says why', async () => {
  const failing = /** @type {import('../testing').AnswerFunction[]} */ ([
    () => {
      throw new Error('no idea');
    },
    () => Promise.reject('not an error'),
    () => ({ status: 1000 }),
    () => /** @type {any} */ (7),
  ]);
  const details = [];
  for (const answer of failing) {
    simulator.respond('getHub', answer, { times: 1 });
    const { status, json } = await request(simulator, '/v1/hub');
    assert.equal(status, 500);
    details.push(json.error.detail.replace('the function that answers failed: ', ''));
  }
  assert.deepEqual(details, [
    'no idea',
    'not an error',
    'the status must be a whole number from 200 to 599, not 1000',
    'an answer must be an object or a function, not number',
  ]);
  assert.equal((await request(simulator, '/v1/hub')).status, 200);
});

test('many requests wait for functions at the same time', async () => {
  simulator.respond('getServer', ({ query }) => ({ body: { data: query.n } }));
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => request(simulator, `/v1/server?n=${n}`).then(({ json }) => json.data)),
  );
  assert.deepEqual(
    answers,
    answers.map((_, n) => String(n)),
  );
});

test('what no request can match, and answers that HTTP does not allow, are refused at once', () => {
  const wrong = /** @type {[any, any, RegExp][]} */ ([
    ['getHubb', {}, /"getHubb" names no operation that is served/],
    ['FETCH', {}, /names no operation/],
    [{}, {}, /a match is an operationId/],
    [undefined, {}, /a match is an operationId/],
    ['getHub', { status: 99 }, /the status must be a whole number from 200 to 599, not 99/],
    ['getHub', { status: '200' }, /the status must be a whole number/],
    ['getHub', { stauts: 200 }, /an answer has no "stauts"/],
    ['getHub', { headers: { 'a b': 'c' } }, /HTTP does not allow the header "a b"/],
    ['getHub', { headers: { a: 'b\r\nc: d' } }, /HTTP does not allow the header "a"/],
    ['getHub', { body: 1, text: 'a' }, /one of body, text and bytes/],
    ['getHub', { bytes: 'text' }, /bytes must be a Uint8Array/],
    ['getHub', { delayMs: -1 }, /delayMs must be a number of milliseconds/],
    ['getHub', { times: 1.5 }, /times must be a whole number/],
    ['getHub', { drop: 'tail' }, /unknown variant `tail`/],
    ['getHub', null, /an answer must be an object or a function, not null/],
  ]);
  for (const [match, answer, message] of wrong) {
    assert.throws(() => simulator.respond(match, answer), { name: 'TypeError', message });
  }
});
