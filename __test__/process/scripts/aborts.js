'use strict';

// Aborts a thousand calls in each of several rounds and prints what is left. argv: the socket's path, the kind of call.

const { getEventListeners } = require('node:events');
const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { getClient } = require('../../..');

const ROUNDS = 5;
const CALLS = 1000;
const WIDTH = 50;

const [, , socketPath, kind] = process.argv;
const client = getClient({ socketPath, token: 'unused', maxConnections: kind === 'pooled' ? 2 : undefined });
const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)) });

const KINDS = {
  waiting: (signal) => client.GET('/v1/never', { signal }),
  pooled: (signal) => client.GET('/v1/never', { signal }),
  middleware: (signal) => client.GET('/v1/never', { signal, middleware: [{ onRequest: () => undefined }] }),
  upload: (signal) =>
    client.POST('/v1/never', { signal, body: endless(), bodySerializer: (body) => body, duplex: 'half' }),
  async streaming(signal) {
    const { data } = await client.GET('/v1/stream', { signal, parseAs: 'stream' });
    const reader = data.getReader();
    while (!(await reader.read()).done);
  },
};

const descriptorCount = () => fs.readdirSync('/proc/self/fd').length;

/** Waits for what closes a moment later. */
async function atRest(most) {
  for (let i = 0; i < 500 && descriptorCount() > most; i++) await sleep(10);
  for (let i = 0; i < 3; i++) {
    await sleep(5);
    globalThis.gc();
  }
  return { descriptors: descriptorCount(), heap: process.memoryUsage().heapUsed };
}

async function round() {
  let wrong = 0;
  let listeners = 0;
  for (let done = 0; done < CALLS; done += WIDTH) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const calls = Array.from({ length: WIDTH }, () =>
      KINDS[kind](controller.signal).then(
        () => (wrong += 1),
        (error) => (wrong += error === reason ? 0 : 1),
      ),
    );
    await sleep(done % 4);
    controller.abort(reason);
    await Promise.all(calls);
    listeners += getEventListeners(controller.signal, 'abort').length;
  }
  return { wrong, listeners };
}

async function main() {
  await client.GET('/v1/ok');
  const report = { wrong: 0, listeners: 0, descriptors: [descriptorCount()], heaps: [] };
  for (let i = 0; i < ROUNDS; i++) {
    const { wrong, listeners } = await round();
    report.wrong += wrong;
    report.listeners += listeners;
    const { descriptors, heap } = await atRest(report.descriptors[0]);
    report.descriptors.push(descriptors);
    report.heaps.push(heap);
  }
  const { data } = await client.GET('/v1/ok');
  console.log(JSON.stringify({ ...report, data }));
  await client.close();
}

main();
