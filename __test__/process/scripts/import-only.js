'use strict';

// Prints what an import, then a client, adds to the process. argv: "require" or "import".

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const root = path.join(__dirname, '..', '..', '..');

/** Threads, open sockets and what keeps the event loop busy. */
function resources() {
  const targets = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return {
    threads: fs.readdirSync('/proc/self/task').length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    active: process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'FSReqPromise'),
  };
}

async function main() {
  if (process.argv[2] === 'import') {
    // Node's own loader starts threads with the first file it reads.
    await import(path.join(root, '__test__', 'peers', 'until.js'));
    await sleep(50);
  }
  const before = resources();
  const known = new Set(Object.keys(require.cache));
  const name = '@cycleplatform/internal-api-client';
  const { getClient } = process.argv[2] === 'import' ? await import(name) : require(name);
  const loaded = Object.keys(require.cache).filter((file) => !known.has(file));
  if (process.argv[2] === 'import') await sleep(50);
  const imported = resources();
  const client = getClient({ token: 'unused', socketPath: '/nowhere.sock' });
  const made = resources();
  console.log(JSON.stringify({ loaded: loaded.map((file) => path.relative(root, file)), before, imported, made }));
  await client.close();
}

main();
