'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { createProtocolClient, defineProtocol } = require('../protocol');
const { json, recordingServer } = require('./peers/http-server.js');
const { within } = require('./peers/until.js');

const protocol = defineProtocol({
  global: {
    params: {
      every: { type: JSON, required: false },
      loud: { type: Boolean, required: false, env: 'TEST_HOSTILE_LOUD' },
      level: { type: Number, required: false, env: 'TEST_HOSTILE_LEVEL' },
    },
  },
  things: {
    get: { path: '/things/', description: 'Gives things', request: { method: 'GET' } },
    show: {
      path: '/things/{size}',
      params: { size: { type: Number } },
      description: 'Gives things of a size',
      request: { method: 'GET' },
    },
    make: {
      path: '/things/',
      params: { data: { type: JSON, required: false } },
      description: 'Makes a thing',
      request: { method: 'POST', body: ['data'] },
    },
  },
});

/** A client of a server that answers with what it was sent. */
async function start(t, answer = (request, response) => json(response, JSON.parse(request.body.toString() || 'null'))) {
  const { socketPath, requests } = await recordingServer(t, answer);
  return { client: createProtocolClient(protocol, { socketPath }), socketPath, requests };
}

test('numbers arrive as they were', async (t) => {
  const { client, requests } = await start(t);
  const numbers = [
    249.59887600459086,
    439.90899683423004,
    1.2345678901234568e20,
    5e-324,
    Number.MAX_VALUE,
    0.1,
    2 ** 53,
  ];
  for (let i = 1; i < 500; i += 1) {
    numbers.push(Math.sin(i) * 1000, Math.exp(i) / 3);
  }
  assert.deepEqual(await client.things.make({ data: numbers }), { data: numbers });
  for (const size of numbers.slice(0, 50)) {
    await client.things.show({ size });
    assert.equal(Number(decodeURIComponent(requests.at(-1).url.slice('/things/'.length))), size);
  }
  await client.close();
});

test('whatever the program throws while its params are read is the cause', async (t) => {
  const { client, requests } = await start(t);
  const untold = {
    get message() {
      throw new Error('no message');
    },
  };
  for (const thrown of [new Error('boo'), null, Symbol('s'), 'text', untold]) {
    const params = {
      get data() {
        throw thrown;
      },
    };
    await assert.rejects(client.things.make(params), (error) => {
      assert.deepEqual([error.name, error.cause], ['malformedRequest', thrown]);
      return true;
    });
  }
  assert.equal(requests.length, 0);
  await client.close();
});

test('a client that closes takes no more calls, and all others settle', async (t) => {
  const { client } = await start(t, (_request, response) => setTimeout(() => json(response, 1), 5));
  const untilRefused = async () => {
    for (;;) {
      try {
        await client.things.get();
      } catch (error) {
        return error.cause.code;
      }
    }
  };
  const loops = [untilRefused(), untilRefused(), untilRefused()];
  await client.things.get();
  const closing = client.close();
  await assert.rejects(client.things.get(), (error) => error.cause.code === 'ERR_CYCLE_CLOSED');
  await assert.rejects(
    client.things.get({ 'socket-path': '/nowhere' }),
    (error) => error.cause.code === 'ERR_CYCLE_CLOSED',
  );
  await closing;
  assert.deepEqual(
    await within(Promise.all(loops), 'calls until the client was closed'),
    Array(3).fill('ERR_CYCLE_CLOSED'),
  );
});

test('a call begun as the last one is aborted does not outlive close()', async (t) => {
  const { client } = await start(t, () => {});
  const controller = new AbortController();
  const first = client.things.get({}, { signal: controller.signal });
  const closing = client.close();
  let second;
  controller.signal.addEventListener('abort', () => {
    second = client.things.get();
  });
  controller.abort(new Error('enough'));
  await assert.rejects(first, { message: 'enough' });
  await assert.rejects(within(second, 'the second call'), (error) => error.cause.code === 'ERR_CYCLE_CLOSED');
  await closing;
});

test('params whose reading aborts the call or closes the client send nothing', async (t) => {
  const { client, requests } = await start(t);
  const controller = new AbortController();
  const aborting = { toJSON: () => controller.abort(new Error('enough')) };
  await assert.rejects(client.things.make(aborting, { signal: controller.signal }), { message: 'enough' });
  const closing = { toJSON: () => void client.close() };
  await assert.rejects(client.things.make(closing), (error) => error.cause.code === 'ERR_CYCLE_CLOSED');
  assert.equal(requests.length, 0);
});

test('what is no signal and what are no options is refused before anything is sent', async (t) => {
  const { client, requests } = await start(t);
  const listening = { aborted: false, throwIfAborted() {}, addEventListener() {} };
  for (const signal of [{}, 5, 'x', new EventTarget(), { throwIfAborted() {} }, listening]) {
    await assert.rejects(client.things.get({}, { signal }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /things\.get: signal/,
    });
  }
  for (const options of [5, 'abc', true, Symbol('s')]) {
    await assert.rejects(client.things.get({}, options), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /things\.get: options/,
    });
  }
  assert.equal(requests.length, 0);
  assert.equal(await client.things.get({}, null), null);
  assert.equal(await client.things.get({}, { signal: null }), null);
  await client.close();
});

test('options that would get lost are refused when the client is made', () => {
  for (const options of [null, 5, 'abc', true]) {
    assert.throws(() => createProtocolClient(protocol, options), { code: 'ERR_INVALID_ARG_VALUE', message: /options/ });
  }
  for (const [options, message] of [
    [{ apiKey: Symbol('s') }, /api-key is a symbol/],
    [{ apiKey: () => 'key' }, /api-key is a function/],
    [{ host: 'a', port: Number.NaN }, /port is NaN/],
    [{ every: 10n }, /BigInt/],
    [{ every: [Infinity] }, /not a finite number/],
    [{ socketPath: '\ud800' }, /contain text that is not valid Unicode/],
  ]) {
    assert.throws(() => createProtocolClient(protocol, options), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message,
    });
  }
  for (const limit of [0, -1, Number.NaN, '5', null, {}]) {
    for (const name of ['maxConnections', 'maxResponseBytes']) {
      assert.throws(() => createProtocolClient(protocol, { [name]: limit }), {
        code: 'ERR_OUT_OF_RANGE',
        message: new RegExp(`createProtocolClient: \`${name}\``),
      });
    }
  }
});

test('the environment gives a Boolean, and what does not fit is named as text', async (t) => {
  const { client, requests } = await start(t);
  t.after(() => {
    delete process.env.TEST_HOSTILE_LOUD;
    delete process.env.TEST_HOSTILE_LEVEL;
  });
  for (const text of ['true', 'false']) {
    process.env.TEST_HOSTILE_LOUD = text;
    await client.things.get();
    assert.equal(requests.at(-1).url, `/things/?loud=${text}`);
  }
  process.env.TEST_HOSTILE_LOUD = 'yes';
  await assert.rejects(client.things.get(), { param: 'loud', message: /must be a Boolean, not a String/ });
  delete process.env.TEST_HOSTILE_LOUD;
  process.env.TEST_HOSTILE_LEVEL = 'high';
  await assert.rejects(client.things.get(), { param: 'level', message: /must be a Number, not a String/ });
  await client.close();
});

test('a program may replace Promise and JSON', async (t) => {
  const { client } = await start(t);
  const { Promise: promise } = globalThis;
  const { parse, stringify } = JSON;
  const forbidden = () => {
    throw new Error('replaced');
  };
  let call;
  try {
    globalThis.Promise = forbidden;
    JSON.parse = forbidden;
    JSON.stringify = forbidden;
    call = client.things.make({ data: 1 });
  } finally {
    globalThis.Promise = promise;
    Object.assign(JSON, { parse, stringify });
  }
  assert.deepEqual(await call, { data: 1 });
  await client.close();
});
