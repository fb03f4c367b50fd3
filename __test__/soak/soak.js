'use strict';

const path = require('node:path');
const { run } = require('../peers/child.js');
const { until } = require('../peers/until.js');
const { harmfulProxy } = require('./proxy.js');
const { soakServer } = require('./server.js');

/** Memory that may stay in use beyond that after a quarter of the calls, in MB. */
const MORE_MEMORY_MB = 32;

/**
 * Calls and notifications through a proxy that harms connections, and what has to hold all the same.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {{ seed: number | string, calls: number, notifications: number, timeoutMs?: number, limitMs?: number, lane?: string }} options
 *   `timeoutMs` is how long a call may take that was silenced; `limitMs` how long all of it may take
 * @returns {Promise<{ violations: string[], summary: object }>}
 */
async function soak(scope, { seed, calls, notifications, timeoutMs = 1500, limitMs = 120_000, lane }) {
  const server = await soakServer(scope, seed);
  const proxy = await harmfulProxy(scope, { target: server.socketPath, seed });
  const parameters = JSON.stringify({ socketPath: proxy.socketPath, seed, calls, timeoutMs });
  const env = lane ? { CYCLE_INTERNAL_API_LANE: lane } : {};
  const program = path.join(__dirname, 'program.js');
  const ended = run(process.execPath, ['--expose-gc', program, parameters], { env, limitMs });
  const sending = server.listeners(2).then(() => server.notify(notifications));
  // What ends the program too early is reported below, with what it printed.
  await Promise.race([sending, ended]);
  proxy.calmDown();
  server.end();
  const { code, signal, stdout, stderr } = await ended;
  sending.catch(() => {});
  if (code !== 0) {
    const why = signal ? `was killed after ${limitMs} ms` : `ended with ${code}`;
    return { violations: [`the program ${why}: ${stdout} ${stderr}`], summary: { faults: proxy.counts } };
  }
  const seen = JSON.parse(stdout);
  const violations = [
    ...seen.calls.violations,
    ...seen.events.violations,
    ...seen.iterator.violations,
    ...repeats(server),
    ...server.strange.map((request) => `the server was asked for ${request}`),
    ...unexplained(seen, server, proxy),
    ...leaks(seen),
  ];
  await until(() => server.sockets.size + proxy.sockets.size === 0, 'all connections are closed').catch((error) => {
    violations.push(`${error.message}: ${proxy.sockets.size} are open`);
  });
  if (stderr) violations.push(`the program complained: ${stderr}`);
  const { outcomes, failed } = seen.calls;
  const { received, gaps, opens, garbled } = seen.events;
  return {
    violations,
    summary: {
      outcomes,
      failed,
      notifications: { received, gaps, opens, garbled, iterated: seen.iterator.received },
      faults: { ...proxy.counts, ...server.counts, doomed: server.doomed.size, hinted: server.hinted.size },
      memory: seen.memory,
    },
  };
}

/** Requests that were begun too often. */
function repeats({ executions, hinted }) {
  const allowed = (/** @type {string} */ key) => (key.startsWith('POST') ? 1 : 2);
  return [
    ...[...executions]
      .filter(([key, times]) => times > allowed(key))
      .map(([key, times]) => `${key} was executed ${times} times`),
    ...[...hinted]
      .filter(([, times]) => times > 1)
      .map(([key, times]) => `${key} was executed ${times} times, though an interim answer came`),
  ];
}

/** More failures than faults. */
function unexplained(seen, server, proxy) {
  const { idempotent, once } = seen.calls.failed;
  const harms = proxy.harms() + server.doomed.size + server.hinted.size;
  const found = [];
  // That the server closed an idle connection is no reason for a call to fail that may be repeated.
  if (idempotent > harms) found.push(`${idempotent} idempotent calls failed of ${harms} faults`);
  const all = idempotent + once;
  if (all > harms + server.counts.idleCloses) found.push(`${all} calls failed of ${harms} faults`);
  const garbled = (seen.calls.outcomes['garbled answer'] ?? 0) + seen.events.garbled + seen.iterator.garbled;
  if (garbled > (proxy.counts.garble ?? 0)) found.push(`${garbled} are garbled, ${proxy.counts.garble} were made so`);
  return found;
}

function leaks({ memory, sockets }) {
  const found = [];
  const more = memory.late.usedMb - (memory.early?.usedMb ?? memory.late.usedMb);
  if (more > MORE_MEMORY_MB) found.push(`${more} MB more than after a quarter of the calls are in use`);
  if (sockets.after > sockets.before) found.push(`${sockets.after - sockets.before} sockets stay open in the program`);
  return found;
}

module.exports = { soak };
