'use strict';

// Calls of a plain client and of a protocol's, notifications and a simulator of its own, all in one thread and at a time;
// then in a worker that ends by itself, in one that is terminated, and here once more. Prints what came of it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { getClient, NotificationSocket } = require('../../..');
const { createProtocolClient, cycleProtocol } = require('../../../protocol');
const { startSimulator } = require('../../../testing');

const CALLS = 200;
const MESSAGES = 5;

/** @param {{ socketPath: string, token: string }} at */
async function work(at) {
  const own = await startSimulator();
  const plain = getClient(at);
  const called = createProtocolClient(cycleProtocol, at);
  const socket = new NotificationSocket({ token: own.token, socketPath: own.socketPath }).connect();
  const messages = once(socket, 'open').then(async () => {
    for (let sent = 0; sent < MESSAGES; sent += 1) own.publish({ topic: 'container.state.changed' });
    let count = 0;
    for await (const _ of socket) if (++count === MESSAGES) break;
    return count;
  });
  const answered = { plain: 0, called: 0, middle: 0 };
  const each = Array.from({ length: CALLS }, async () => {
    const one = plain.GET('/v1/environment');
    const other = called.environment.get();
    const [{ data, response }, result] = await Promise.all([one, other]);
    assert.deepEqual(result, data.data);
    answered.plain += Number(response.status === 200);
    answered.called += 1;
    // The answer of one begins a call of the other.
    await called.environment.get().then(() => plain.GET('/v1/environment'));
    answered.middle += 1;
  });
  await Promise.all(each);
  const notifications = await messages;
  socket.close();
  await Promise.all([plain.close(), called.close(), own.close()]);
  return { ...answered, notifications };
}

/**
 * @param {{ socketPath: string, token: string }} at
 * @param {boolean} endless
 */
const worker = (at, endless) => new Worker(__filename, { workerData: { at, endless } });

async function main() {
  const [, , socketPath, token] = process.argv;
  const at = { socketPath, token };
  const first = await work(at);
  const files = Object.keys(require.cache).filter((name) => name.endsWith('.node'));
  const [inWorker] = await once(worker(at, false), 'message');
  const endless = worker(at, true);
  await once(endless, 'message');
  const terminated = await endless.terminate();
  const after = await work(at);
  const both = files.map((name) => path.basename(name)).sort();
  console.log(JSON.stringify({ both, main: first, worker: inWorker, terminated, after }));
}

async function inWorker() {
  const { at, endless } = workerData;
  do parentPort?.postMessage(await work(at));
  while (endless);
}

if (isMainThread) main();
else inWorker();
