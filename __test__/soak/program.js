'use strict';

// The program of a soak, in a process of its own: it uses the package, prints what it saw, and has to end by itself.

const fs = require('node:fs');
const { makeCalls } = require('./calls.js');
const { iterateNotifications, listenToEvents } = require('./listening.js');

const options = JSON.parse(process.argv[2]);

/** Sockets that the process has open. */
const sockets = () =>
  fs.readdirSync('/proc/self/fd').filter((one) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${one}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

/** Megabytes that stay in use. */
function memory() {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const [residentMb, usedMb] = [rss, heapUsed + external].map((bytes) => Math.round(bytes / 2 ** 20));
  return { residentMb, usedMb };
}

async function main() {
  const before = fs.existsSync('/proc/self/fd') ? sockets() : 0;
  let early;
  const onQuarter = () => {
    early = memory();
  };
  const [calls, events, iterator] = await Promise.all([
    makeCalls({ ...options, onQuarter }),
    listenToEvents(options),
    iterateNotifications(options),
  ]);
  // A closed descriptor is gone a turn or two of the loop later.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const after = fs.existsSync('/proc/self/fd') ? sockets() : 0;
  console.log(
    JSON.stringify({ calls, events, iterator, memory: { early, late: memory() }, sockets: { before, after } }),
  );
}

main();
