'use strict';

const assert = require('node:assert/strict');
const { after, afterEach, before, test } = require('node:test');
const WebSocket = require('ws');
const Ajv = require('ajv/dist/2020').default;
const topics = require('../generated/topics.json');
const { startSimulator } = require('../testing');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');

const KNOWN = new Set(
  Object.values(topics).flatMap((family) => JSON.stringify(family).match(/[a-z_-]+(\.[a-z_-]+)+/g)),
);

/** @type {import('../testing').Simulator} */
let simulator;
/** @type {WebSocket[]} */
let sockets = [];

before(async () => {
  simulator = await startSimulator();
});

afterEach(async () => {
  simulator.resume();
  simulator.reset();
  const gone = sockets.map((socket) => socket.readyState === WebSocket.CLOSED || event(socket, 'close'));
  for (const socket of sockets) socket.terminate();
  await Promise.all(gone);
  sockets = [];
});

after(() => simulator.close());

/**
 * The arguments of an event that comes within ten seconds. Unlike `once` of node:events it takes an error as any event.
 *
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} name
 * @returns {Promise<any[]>}
 */
function event(emitter, name) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name} within ten seconds`)), 10_000).unref();
    emitter.once(name, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}

/**
 * A socket of the ws package that keeps what it hears.
 *
 * @param {WebSocket.ClientOptions} [options]
 * @param {import('../testing').Simulator} [server]
 */
function dial(options, server = simulator) {
  const address = server.url ? `${server.url.replace('http', 'ws')}` : `ws+unix://${server.socketPath}:`;
  const headers = { 'x-cycle-token': server.token };
  const socket = new WebSocket(`${address}/v1/notifications`, { headers, handshakeTimeout: 10_000, ...options });
  sockets.push(socket);
  const heard = /** @type {string[]} */ ([]);
  socket.on('message', (data, binary) => heard.push(binary ? `binary ${data}` : String(data)));
  socket.on('error', () => {});
  /** @param {number} count */
  const hear = async (count) => {
    while (heard.length < count) await event(socket, 'message');
    return heard.splice(0, count);
  };
  // Nobody waits for it when the handshake is to fail.
  const open = event(socket, 'open');
  open.catch(() => {});
  return { socket, hear, open };
}

/**
 * What became of a handshake that was refused.
 *
 * @param {WebSocket.ClientOptions} [options]
 */
async function refusal(options) {
  const { socket } = dial(options);
  const [, response] = await event(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text };
}

test('a handshake wants a token', async () => {
  for (const headers of [{}, { 'x-cycle-token': 'wrong' }]) {
    const { status, text } = await refusal({ headers });
    assert.deepEqual([status, JSON.parse(text).error.code], [401, '401.auth-invalid']);
  }
  assert.equal(simulator.connections, 0);
  assert.deepEqual(
    simulator.requests.map(({ path, status }) => [path, status]),
    [
      ['/v1/notifications', 401],
      ['/v1/notifications', 401],
    ],
  );
});

test('a plain request is told that the path is a WebSocket', async () => {
  const { status, json } = await request(simulator, '/v1/notifications');
  assert.deepEqual([status, json.error.code], [400, '400.invalid-syntax']);
  assert.match(json.error.detail, /WebSocket/);
});

test('everyone who is connected gets every message, in order', async () => {
  const clients = [dial(), dial({ perMessageDeflate: false }), dial()];
  await Promise.all(clients.map(({ open }) => open));
  await simulator.whenConnected(3);
  assert.equal(simulator.connections, 3);
  for (let n = 0; n < 500; n++) simulator.publish(`message ${n}`);
  for (const { hear } of clients) {
    assert.deepEqual(
      await hear(500),
      Array.from({ length: 500 }, (_, n) => `message ${n}`),
    );
  }
  assert.equal(simulator.requests.at(-1)?.status, 101);
});

test('what is published right after the open event arrives', async () => {
  for (let round = 0; round < 20; round++) {
    const { socket, hear, open } = dial();
    await open;
    simulator.publish(`round ${round}`);
    assert.deepEqual(await hear(1), [`round ${round}`]);
    socket.terminate();
  }
});

test('a notification is completed by what belongs to the simulated world', async () => {
  const { hear, open } = dial();
  await open;
  const { self, environment } = simulator.world;
  simulator.publish({ topic: 'container.state.changed', object: { id: 'c1', state: 'running' }, flags: { a: null } });
  simulator.publish({ topic: 'hub.updated', context: { label: 'é', environments: null } });
  const [first, second] = (await hear(2)).map((text) => JSON.parse(text));
  assert.deepEqual(first, {
    topic: 'container.state.changed',
    object: { id: 'c1', state: 'running' },
    context: {
      label: null,
      hub_id: self.hub_id,
      account_id: null,
      environments: [self.environment_id],
      dns_zones: null,
      containers: null,
      clusters: [environment.cluster],
      virtual_machines: null,
    },
    flags: { a: null },
  });
  assert.deepEqual([second.context.label, second.context.environments], ['é', null]);
  assert.throws(() => simulator.publish(/** @type {any} */ (undefined)), /must be an object or a string/);
});

test('what changes state is announced', async () => {
  const { hear, open } = dial();
  await open;
  const { self } = simulator.world;
  const contents = { container_id: self.container_id, instance_id: self.instance_id };
  const post = (/** @type {string} */ path, /** @type {unknown} */ body) =>
    request(simulator, path, { method: 'POST', body });
  await post('/v1/conductor/tasks', { action: 'container.instance.stop', contents });
  await post('/v1/server/images/download', { image_id: '65f000000000000000000000' });
  await post('/v1/monitoring/events', [{ event: 'order.placed', priority: 'low', type: 'info' }]);
  await post('/v1/server/power/reboot', undefined);
  await post('/v1/server/power/poweroff', undefined);
  const messages = (await hear(6)).map((text) => JSON.parse(text));
  assert.deepEqual(
    messages.map(({ topic, object }) => [topic, object]),
    [
      ['container.instance.state.changed', { id: self.instance_id, state: 'stopping', state_previous: 'running' }],
      ['container.instance.state.changed', { id: self.instance_id, state: 'stopped', state_previous: 'stopping' }],
      ['image.updated', { id: '65f000000000000000000000' }],
      ['event.pushed', { id: 'order.placed' }],
      ['infrastructure.server.restart', { id: self.server_id }],
      ['infrastructure.server.state.changed', { id: self.server_id }],
    ],
  );
  assert.deepEqual(messages[0].context.containers, [self.container_id]);
  const validate = new Ajv({ strict: false }).compile({
    type: 'object',
    required: ['topic', 'object', 'context'],
    properties: {
      topic: { enum: [...KNOWN] },
      object: { type: 'object', required: ['id'] },
      context: {
        type: 'object',
        required: ['label', 'hub_id', 'account_id', 'environments', 'dns_zones', 'containers', 'clusters'],
      },
    },
  });
  for (const message of messages) assert.ok(validate(message), JSON.stringify(validate.errors));
});

test('messages are sent at a rate', async () => {
  const { hear, open } = dial();
  await open;
  const publisher = simulator.publishEvery(['a', { topic: 'hub.updated' }], { perSecond: 500, count: 9 });
  assert.equal(await publisher.done, 9);
  assert.equal(publisher.sent, 9);
  const messages = await hear(9);
  assert.deepEqual([messages[0], messages[8], JSON.parse(messages[1]).topic], ['a', 'a', 'hub.updated']);

  const slow = simulator.publishEvery('once an hour', { perSecond: 1 / 3600 });
  assert.deepEqual(await hear(1), ['once an hour']);
  simulator.publish('in between');
  assert.deepEqual(await hear(1), ['in between']);
  slow.stop();
  assert.equal(await slow.done, 1);
});

test('messages are made by a function, and sent as fast as they are taken', async () => {
  const { hear, open } = dial();
  await open;
  const publisher = simulator.publishEvery((index) => `{"n":${index}}`, { count: 20_000 });
  const messages = await hear(20_000);
  assert.deepEqual([messages[0], messages[19_999]], ['{"n":0}', '{"n":19999}']);
  assert.equal(await publisher.done, 20_000);
});

test('a publisher is stopped, and ends with its simulator', async (t) => {
  const server = await startedSimulator(t);
  const { hear, open } = dial(undefined, server);
  await open;
  const one = server.publishEvery('again', { perSecond: 1000 });
  const other = server.publishEvery('forever', { perSecond: 1000 });
  await hear(10);
  one.stop();
  one.stop();
  assert.equal(await one.done, one.sent);
  assert.ok(one.sent > 0);
  await server.close();
  assert.ok((await other.done) > 0);
  assert.throws(() => server.publishEvery('x'), { code: 'ERR_CYCLE_CLOSED' });
  const wrong = /** @type {any[][]} */ ([
    ['x', { perSecond: 0 }],
    ['x', { count: -1 }],
    [[], {}],
    [() => 'x', {}],
  ]);
  for (const [messages, options] of wrong) {
    assert.throws(() => simulator.publishEvery(messages, options), { name: 'TypeError' });
  }
});

test('sockets are closed with a code and a reason, after what was sent', async () => {
  const { socket, hear, open } = dial();
  await open;
  simulator.publish('last words');
  simulator.disconnect({ code: 4001, reason: 'bye' });
  const [code, reason] = await event(socket, 'close');
  assert.deepEqual([code, String(reason), await hear(1)], [4001, 'bye', ['last words']]);

  const next = dial();
  await next.open;
  simulator.disconnect();
  assert.equal((await event(next.socket, 'close'))[0], 1001);
  for (const wrong of [999, 1005, 1006, 1015, 5000, 70_000, 1.5]) {
    assert.throws(() => simulator.disconnect({ code: wrong }), { name: 'TypeError' });
  }
  assert.throws(() => simulator.disconnect({ reason: 'x'.repeat(124) }), /at most 123 bytes/);
});

test('sockets are dropped without a close', async () => {
  const { socket, open } = dial();
  await open;
  simulator.disconnect({ abrupt: true });
  assert.equal((await event(socket, 'close'))[0], 1006);
});

test('a client that closes is answered, pings are too, and both are seen', async () => {
  const { socket, open } = dial();
  await open;
  socket.ping('are you there');
  const [data] = await event(socket, 'pong');
  assert.equal(String(data), 'are you there');
  socket.send('ignored');
  socket.close(4000);
  assert.equal((await event(socket, 'close'))[0], 4000);
  const signal = AbortSignal.timeout(10_000);
  while (simulator.connections > 0) {
    signal.throwIfAborted();
    await new Promise(setImmediate);
  }
});

test('handshakes are refused for a time', async () => {
  const handle = simulator.refuse(503, { times: 2 });
  assert.equal((await refusal()).status, 503);
  assert.equal(JSON.parse((await refusal()).text).error.code, '503.not-ready');
  await dial().open;
  assert.equal(handle.calls, 2);
  const plain = simulator.refuse(200, { text: 'hello' });
  assert.deepEqual(await refusal(), { status: 200, text: 'hello' });
  plain.remove();
  await dial().open;
});

test('a silent simulator neither answers nor sends until it resumes', async () => {
  const { socket, hear, open } = dial();
  await open;
  simulator.goSilent({ handshakes: true });
  simulator.publish('held back');
  socket.ping();
  const late = dial();
  const signal = AbortSignal.timeout(10_000);
  while (simulator.requests.length < 2) {
    signal.throwIfAborted();
    await new Promise(setImmediate);
  }
  let answered = false;
  socket.once('pong', () => {
    answered = true;
  });
  late.socket.once('open', () => {
    answered = true;
  });
  assert.equal((await request(simulator, '/v1/hub')).status, 200);
  assert.equal(answered, false);
  simulator.resume();
  assert.deepEqual(await hear(1), ['held back']);
  await late.open;
});

test('a silence is only for the sockets that are open', async () => {
  const first = dial();
  await first.open;
  simulator.goSilent();
  const second = dial();
  await second.open;
  simulator.publish('heard by one');
  assert.deepEqual(await second.hear(1), ['heard by one']);
  simulator.disconnect({ abrupt: true });
  assert.equal((await event(first.socket, 'close'))[0], 1006);
});

test('any bytes can be sent', async () => {
  const { socket, hear, open } = dial();
  await open;
  simulator.sendRaw(Buffer.from([0x82, 0x02, 0x68, 0x69]));
  assert.deepEqual(await hear(1), ['binary hi']);
  const failed = event(socket, 'close');
  const [error] = await Promise.all([
    new Promise((resolve) => socket.once('error', resolve)),
    simulator.sendRaw(Buffer.from([0xf1, 0x00])),
  ]);
  assert.match(error.message, /RSV2 and RSV3 must be clear/);
  await failed;
  assert.throws(() => simulator.sendRaw(/** @type {any} */ ('text')), { name: 'TypeError' });
});

test('a wait for connections ends with its signal or its simulator', async (t) => {
  await assert.rejects(simulator.whenConnected(1, { signal: AbortSignal.abort('now') }), (error) => error === 'now');
  const controller = new AbortController();
  const waiting = simulator.whenConnected(9, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  const server = await startedSimulator(t);
  const closed = assert.rejects(server.whenConnected(), /closed before/);
  await server.close();
  await closed;
});

test('sockets work over TCP too, and end with the simulator', async (t) => {
  const server = await startedSimulator(t, { port: 0 });
  const { socket, hear, open } = dial(undefined, server);
  await open;
  server.publish('over TCP');
  assert.deepEqual(await hear(1), ['over TCP']);
  await Promise.all([event(socket, 'close'), server.close()]);
  assert.equal(server.connections, 0);
});
