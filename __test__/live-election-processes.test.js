// Instances in processes of their own compete for one election of the simulator, with delays, drops, stops and restarts. An observer
// compares when each believed to be the primary.

'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { startedSimulator } = require('./peers/started-simulator.js');
const { until, within } = require('./peers/until.js');

const SCRIPT = join(__dirname, 'process', 'scripts', 'candidate.js');

/** How many terms there must be; more for a long run by hand. */
const TERMS = Number(process.env.ELECTION_TERMS ?? 30);

/**
 * @param {import('node:test').TestContext} t
 * @param {{ members: number, deadlineMs: number, checkinIntervalMs: number, seed: number }} settings
 */
async function contest(t, { members, deadlineMs, checkinIntervalMs, seed }) {
  const ids = Array.from({ length: members }, (_, index) => index.toString(16).padStart(24, 'a'));
  const simulator = await startedSimulator(t, {
    election: { deadlineMs },
    world(world) {
      const [own] = world.instances.filter(({ id }) => id === world.self.instance_id);
      world.instances.push(...ids.map((id) => ({ ...structuredClone(own), id })));
    },
  });
  /** @type {{ id: string, from: number, to: number }[]} */
  const terms = [];
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  const running = new Map();
  /** @type {string[]} */
  const complaints = [];
  let joined = 0;

  /** @param {string} id */
  function start(id) {
    const options = {
      socketPath: simulator.env.CYCLE_API_SOCKET,
      token: simulator.tokenFor(id),
      instanceId: id,
      deadlineMs,
      checkinIntervalMs,
      faults: { seed: seed + joined, busy: 0.9, busyMs: deadlineMs },
    };
    const { NODE_TEST_CONTEXT: _inherited, ...env } = process.env;
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(options)], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (text) => complaints.push(String(text)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const term = JSON.parse(line);
      if (term.joined) joined += 1;
      else terms.push(term);
    });
    running.set(id, child);
    return child;
  }

  for (const id of ids) start(id);
  t.after(() => {
    for (const child of running.values()) child.kill('SIGKILL');
  });
  await until(
    () => joined >= members,
    () => `all take part: ${joined}; ${complaints.join('')}`,
    120_000,
  );
  return { simulator, terms, running, ids, start, complaints };
}

/**
 * The pairs of terms of different instances that overlap.
 *
 * @param {{ id: string, from: number, to: number }[]} terms
 */
function overlaps(terms) {
  const sorted = [...terms].sort((a, b) => a.from - b.from);
  return sorted.flatMap((one, index) => {
    const next = sorted.slice(index + 1).find(({ id, from }) => id !== one.id && from <= one.to);
    return next ? [[one, next]] : [];
  });
}

for (const { members, deadlineMs, checkinIntervalMs, share } of [
  { members: 2, deadlineMs: 120, checkinIntervalMs: 20, share: 1 },
  { members: 5, deadlineMs: 150, checkinIntervalMs: 25, share: 1 },
  { members: 50, deadlineMs: 1000, checkinIntervalMs: 300, share: 0.1 },
]) {
  test(`of ${members} instances in processes of their own, never two believe to be the primary`, async (t) => {
    const { simulator, terms, running, ids, start, complaints } = await contest(t, {
      members,
      deadlineMs,
      checkinIntervalMs,
      seed: members,
    });
    let count = 0;
    simulator.respond('haCheckin', () => {
      count += 1;
      if (count % 29 === 0) return { drop: 'connection' };
      if (count % 31 === 0) return { drop: 'body' };
      return undefined;
    });
    const wanted = Math.ceil(TERMS * share);
    const limit = Date.now() + 60_000 + TERMS * 2000;
    let round = 0;
    while (terms.length < wanted) {
      assert.ok(Date.now() < limit, `${terms.length} terms of ${wanted}\n${complaints.join('')}`);
      round += 1;
      const id = ids[round % members];
      const child = running.get(id);
      if (round % 25 === 0) {
        child?.kill('SIGSTOP');
        await sleep(deadlineMs * 1.2);
        child?.kill('SIGCONT');
      } else if (round % 35 === 0) {
        child?.kill(round % 2 ? 'SIGKILL' : 'SIGTERM');
        start(id);
      } else if (round % 11 === 0) {
        // Answers that come when they no longer count.
        simulator.respond('haCheckin', {
          delayMs: deadlineMs,
          status: 200,
          body: { data: { primary_instance_id: id } },
          times: 3,
        });
      }
      await sleep(deadlineMs / 3);
    }
    assert.deepEqual(overlaps(terms), []);
    assert.deepEqual(complaints, []);
    assert.ok(new Set(terms.map(({ id }) => id)).size > 1, 'the place is passed on');
  });
}

test('a process that resigns at SIGTERM is gone within a second, and the next one is elected without waiting', async (t) => {
  const { running, terms, ids } = await contest(t, { members: 2, deadlineMs: 60_000, checkinIntervalMs: 50, seed: 1 });
  const [first, second] = ids;
  await sleep(200);
  const ended = new Promise((resolve) => running.get(first)?.once('exit', (...how) => resolve(how)));
  running.get(first)?.kill('SIGTERM');
  assert.deepEqual(await within(ended, 'it ends', 10_000), [0, null]);
  running.get(second)?.kill('SIGTERM');
  await until(() => terms.length >= 1, 'there were terms');
  assert.deepEqual(overlaps(terms), []);
});
