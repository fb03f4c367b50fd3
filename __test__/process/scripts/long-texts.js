'use strict';

// Holds long texts. argv: the socket's path, and "hold": drop them in the end and print what became of them;
// "terminate", "leave" or "exit": how workers end that hold some, while the main thread never loads the addon.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const EXPECTED = Buffer.alloc(2 ** 21, 'long text ').toString();

/** Fetches texts, and garbage between them. */
async function texts(socketPath, count) {
  const { getClient } = require('../../..');
  const client = getClient({ socketPath, token: 'unused' });
  const kept = [];
  for (let i = 0; i < count; i++) {
    kept.push((await client.GET('/text/sized', { parseAs: 'text' })).data);
    await client.GET('/text/chunked', { parseAs: 'text' });
  }
  await client.close();
  return kept;
}

async function hold(socketPath) {
  let kept = await texts(socketPath, 20);
  globalThis.gc();
  const intact = kept.every((text) => text === EXPECTED);
  const held = process.memoryUsage().external;
  kept = undefined;
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate);
    globalThis.gc();
  }
  const freed = held - process.memoryUsage().external;
  // Where long texts are not copied, twenty times 2 MiB were known to the engine.
  const known = process.platform === 'linux';
  console.log(JSON.stringify({ intact, released: !known || freed >= 20 * EXPECTED.length }));
}

async function main([socketPath, how]) {
  if (how === 'hold') return hold(socketPath);
  for (let round = 0; round < 4; round++) {
    const workers = Array.from({ length: 2 }, () => new Worker(__filename, { workerData: { socketPath, how } }));
    await Promise.all(
      workers.map(async (worker) => {
        const exited = once(worker, 'exit');
        await once(worker, 'message');
        if (how === 'exit') process.exit(5);
        if (how === 'terminate') await worker.terminate();
        await exited;
      }),
    );
  }
}

async function work({ socketPath, how }) {
  const kept = await texts(socketPath, 5);
  globalThis.kept = kept;
  assert.ok(kept.every((text) => text === EXPECTED));
  parentPort.postMessage('holding');
  if (how !== 'leave') setInterval(() => {}, 1000);
}

if (isMainThread) main(process.argv.slice(2));
else work(workerData);
