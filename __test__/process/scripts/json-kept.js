'use strict';

// Keeps one string of each of many long answers, and prints by how many bytes the heap has grown.

const { getClient } = require('../../..');

const CALLS = 200;

async function main() {
  const client = getClient({ socketPath: process.argv[2], token: 'none' });
  const get = async () => (await client.GET('/0')).data;
  for (let call = 0; call < 20; call += 1) {
    await get();
  }
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const kept = [];
  for (let call = 0; call < CALLS; call += 1) {
    const rows = await get();
    kept.push(rows[(call * 7) % rows.length].object.id);
  }
  globalThis.gc();
  process.stdout.write(`${process.memoryUsage().heapUsed - before} ${kept.length}`);
}

main();
