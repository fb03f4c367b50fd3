'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { afterEach, beforeEach, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { startSimulator } = require('../testing');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');

const TESTING = join(__dirname, '..', 'testing.js');

/** @type {string} */
let folder;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'simulator-'));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/**
 * Runs a program that uses the simulator, and gives what it printed.
 *
 * @param {string} source
 */
function program(source) {
  const script = `const { startSimulator } = require(${JSON.stringify(TESTING)});\n${source}`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, TMPDIR: folder },
  });
  assert.equal(stderr, '');
  return { status, signal, stdout: stdout.trim() };
}

test('without a path it has a folder of its own, which is gone after close', async () => {
  const simulator = await startSimulator();
  const own = dirname(String(simulator.socketPath));
  assert.equal(fs.statSync(own).mode & 0o777, 0o700);
  assert.ok(fs.statSync(String(simulator.socketPath)).isSocket());
  assert.equal(dirname(String(simulator.metadataPath)), own);
  assert.equal((await request(simulator, '/v1/environment')).status, 200);
  await simulator.close();
  await simulator.close();
  assert.equal(fs.existsSync(own), false);
});

test('its environment variables are those that programs read', async (t) => {
  const simulator = await startedSimulator(t);
  const { CYCLE_API_TOKEN, CYCLE_API_SOCKET, CYCLE_METADATA_PATH } = simulator.env;
  const { token, socketPath, metadataPath } = simulator;
  assert.deepEqual([CYCLE_API_TOKEN, CYCLE_API_SOCKET, CYCLE_METADATA_PATH], [token, socketPath, metadataPath]);
  assert.equal(simulator.token, simulator.world.self.token);
});

test('its metadata file is that of the simulated environment', async (t) => {
  const simulator = await startedSimulator(t);
  const metadata = JSON.parse(fs.readFileSync(String(simulator.metadataPath), 'utf8'));
  assert.deepEqual(metadata, simulator.world.environment_metadata);
  assert.equal(metadata.id, (await request(simulator, '/v1/environment')).json.data.id);
});

test('at a path it replaces a socket that was left behind, and refuses anything else', async () => {
  const socketPath = join(folder, 'api.sock');
  const left = net.createServer().listen(socketPath);
  await new Promise((resolve) => left.on('listening', resolve));
  await assert.rejects(startSimulator({ socketPath }), (/** @type {any} */ error) => {
    assert.equal(error.code, 'EADDRINUSE');
    assert.match(error.message, /^The simulator did not start: another server is listening on .*api\.sock; stop it/);
    return true;
  });
  // The file of a listener that is gone, as a killed process leaves it.
  const kept = join(folder, 'kept.sock');
  fs.linkSync(socketPath, kept);
  await new Promise((resolve) => left.close(resolve));
  fs.renameSync(kept, socketPath);

  const simulator = await startSimulator({ socketPath });
  assert.equal(simulator.socketPath, socketPath);
  assert.equal(simulator.metadataPath, `${socketPath}.environment.json`);
  assert.equal((await request(simulator, '/v1/hub')).status, 200);
  await assert.rejects(startSimulator({ socketPath }), { code: 'EADDRINUSE' });
  await simulator.close();
  assert.deepEqual(fs.readdirSync(folder), []);

  fs.writeFileSync(socketPath, '');
  await assert.rejects(startSimulator({ socketPath }), { code: 'ENOTSOCK' });
  await assert.rejects(startSimulator({ socketPath: join(folder, 'x'.repeat(120)) }), { code: 'ENAMETOOLONG' });
  await assert.rejects(startSimulator({ socketPath: join(folder, 'no', 'where') }), { code: 'ENOENT' });
  const metadataPath = join(folder, 'no', 'where');
  await assert.rejects(startSimulator({ metadataPath }), { code: 'ENOENT', message: /can't write the metadata file/ });
});

test('on a port it serves over TCP', async (t) => {
  const simulator = await startedSimulator(t, { port: 0 });
  assert.equal(simulator.socketPath, undefined);
  assert.equal(simulator.url, `http://127.0.0.1:${simulator.port}`);
  const { CYCLE_API_TOKEN, CYCLE_API_SOCKET, CYCLE_METADATA_PATH } = simulator.env;
  assert.deepEqual([CYCLE_API_TOKEN, CYCLE_API_SOCKET, CYCLE_METADATA_PATH], [simulator.token, undefined, undefined]);
  assert.equal((await request(simulator, '/v1/hub')).status, 200);
  await assert.rejects(startSimulator({ port: simulator.port }), { code: 'EADDRINUSE' });
});

test('options that are wrong are refused', async () => {
  const wrong = /** @type {any[]} */ ([
    { port: 70_000 },
    { port: 1, socketPath: 'x' },
    { latencyMs: -1 },
    { election: { deadlineMs: Number.NaN } },
  ]);
  for (const options of wrong) {
    await assert.rejects(startSimulator(options), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
  }
  await assert.rejects(startSimulator({ token: '' }), { code: 'ERR_INVALID_ARG_VALUE' });
});

test('the world can be changed in part and by a function', async (t) => {
  const token = 'my-token';
  const world = { hub: { name: 'Mine' }, vpn_users: [] };
  const one = await startedSimulator(t, { token, world });
  const { json } = await request(one, '/v1/hub');
  assert.equal(one.token, token);
  assert.equal(json.data.name, 'Mine');
  assert.equal(json.data.id, one.world.self.hub_id);
  assert.deepEqual(one.world.vpn_users, []);

  const other = await startedSimulator(t, {
    world(made) {
      for (const container of made.containers) container.name = `${container.name}!`;
    },
  });
  const names = (await request(other, '/v1/environment/containers')).json.data.map((/** @type {any} */ c) => c.name);
  assert.ok(names.length > 2 && names.every((/** @type {string} */ name) => name.endsWith('!')));
});

test('several run side by side', async () => {
  const simulators = await Promise.all(Array.from({ length: 5 }, () => startSimulator()));
  const answers = await Promise.all(simulators.map((simulator) => request(simulator, '/v1/server')));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.deepEqual(
    simulators.map(({ requests }) => requests.length),
    [1, 1, 1, 1, 1],
  );
  await Promise.all(simulators.map((simulator) => simulator.close()));
});

test('requests are kept in order, without secrets, and can be read after close', async () => {
  const simulator = await startSimulator();
  await request(simulator, '/v1/container?container-id=a%20b&tag=1&tag=2', { headers: { 'x-note': simulator.token } });
  const first = simulator.requests[0];
  await request(simulator, '/v1/object-cache', { body: { scope: 'global' } });
  await request(simulator, '/v1/vpn/login', { method: 'POST', auth: 'marta:wrong' });
  assert.equal(simulator.requests.length, 3);
  assert.equal(simulator.requests[0], first);
  await simulator.close();
  const [get, post, login] = simulator.requests;
  assert.equal(get.method, 'GET');
  assert.equal(get.target, '/v1/container?container-id=a%20b&tag=1&tag=2');
  assert.equal(get.path, '/v1/container');
  assert.deepEqual(get.query, { 'container-id': 'a b', tag: ['1', '2'] });
  assert.equal(get.headers['x-cycle-token'], '[redacted]');
  assert.equal(get.headers['x-note'], '[redacted]');
  assert.deepEqual([get.operationId, get.status, get.fault], ['getContainer', 404, null]);
  assert.deepEqual([post.operationId, post.status, post.json], ['postObjectCache', 422, { scope: 'global' }]);
  assert.equal(post.bodyLength, post.text.length);
  assert.deepEqual([login.json, login.headers.authorization], [undefined, '[redacted]']);
});

test('a client that leaves before the answer is noted', async (t) => {
  const simulator = await startedSimulator(t, { latencyMs: 60_000 });
  const socket = net.connect(String(simulator.socketPath));
  socket.write('GET /v1/hub HTTP/1.1\r\nhost: x\r\n\r\n');
  while (simulator.requests.length === 0) await new Promise(setImmediate);
  assert.deepEqual([simulator.requests[0].status, simulator.requests[0].fault], [null, null]);
  socket.destroy();
  while (simulator.requests[0].fault === null) await new Promise(setImmediate);
  assert.equal(simulator.requests[0].fault, 'aborted');
});

test('reset brings the first state back', async (t) => {
  const simulator = await startedSimulator(t);
  const images = simulator.world.server_images.length;
  await request(simulator, '/v1/server/images/download', { body: { image_id: '65f000000000000000000000' } });
  simulator.respond('/v1/hub', { status: 500 });
  assert.equal(simulator.world.server_images.length, images + 1);
  simulator.reset();
  assert.deepEqual(simulator.requests, []);
  assert.equal(simulator.world.server_images.length, images);
  assert.equal((await request(simulator, '/v1/hub')).status, 200);
  assert.equal(simulator.requests.length, 1);
});

test('what is closed drops its connections and leaves no thread and no descriptor', async () => {
  const count = (/** @type {string} */ what) => fs.readdirSync(`/proc/self/${what}`).length;
  await (await startSimulator()).close();
  const before = [count('fd'), count('task')];
  for (let round = 0; round < 20; round++) {
    const simulator = await startSimulator();
    const socket = net.connect(String(simulator.socketPath));
    await new Promise((resolve) => socket.on('connect', resolve));
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {}).resume();
    await simulator.close();
    await ended;
  }
  const after = [count('fd'), count('task')];
  assert.ok(after[0] <= before[0] && after[1] <= before[1], `${before} became ${after}`);
});

test('a running simulator keeps the process alive until it is closed', () => {
  const { status, stdout } = program(`
    startSimulator().then((simulator) => {
      process.on('exit', () => console.log('exit'));
      setTimeout(() => { console.log('later'); simulator.close(); }, 50).unref();
    });`);
  assert.deepEqual([status, stdout], [0, 'later\nexit']);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('an unreferenced one does not, and its files go with the process', () => {
  const { status, stdout } = program(`
    startSimulator().then((simulator) => {
      simulator.unref();
      console.log(require('node:fs').existsSync(simulator.socketPath));
    });`);
  assert.deepEqual([status, stdout], [0, 'true']);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('process.exit and an uncaught error remove the files too', () => {
  assert.equal(program('startSimulator().then(() => process.exit(7));').status, 7);
  const { status } = program(`
    process.on('uncaughtException', () => process.exit(3));
    startSimulator().then(() => setImmediate(() => { throw new Error('boom'); }));`);
  assert.equal(status, 3);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('a worker can be terminated while its simulator runs', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const { startSimulator } = require(${JSON.stringify(TESTING)});
    startSimulator().then((simulator) => parentPort.postMessage(simulator.socketPath));`;
  for (let round = 0; round < 5; round++) {
    const worker = new Worker(source, { eval: true });
    const socketPath = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
    await worker.terminate();
    assert.equal(fs.existsSync(socketPath), false);
  }
});
