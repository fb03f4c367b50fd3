// `npm run soak`: calls and notifications through a proxy that damages connections, for minutes or hours, in both lanes.
//
//   --seed <number>    seed of the random faults; default: the time
//   --seconds <number> repeats rounds for this time, each with the next seed; default: one round
//   --lane <name>      event-loop or io-thread; default: both
//   --calls <number>, --notifications <number>   for each round and lane; default 20000 and 100000

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { root, say } from './setup.mjs';

// Not a static import, because files under __test__ are not type checked.
const { soak } = (await import(new URL('../__test__/soak/soak.js', import.meta.url).href)).default;

const LANES = ['event-loop', 'io-thread'];

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '0' },
    lane: { type: 'string' },
    calls: { type: 'string', default: '20000' },
    notifications: { type: 'string', default: '100000' },
  },
});
const [firstSeed, seconds, calls, notifications] = [
  values.seed,
  values.seconds,
  values.calls,
  values.notifications,
].map(Number);
if (![firstSeed, seconds, calls, notifications].every((value) => Number.isInteger(value) && value >= 0)) {
  console.error('--seed, --seconds, --calls and --notifications must be whole numbers.');
  process.exit(2);
}
if (values.lane && !LANES.includes(values.lane)) {
  console.error(`--lane must be ${LANES.join(' or ')}`);
  process.exit(2);
}
if (!existsSync(join(root, 'dist', 'index.js'))) {
  console.error('Nothing is built yet: run "npm run build".');
  process.exit(2);
}

const end = performance.now() + seconds * 1000;
let failed = false;
for (let seed = firstSeed; seed === firstSeed || performance.now() < end; seed += 1) {
  for (const lane of values.lane ? [values.lane] : LANES) {
    say(`Seed ${seed}, lane ${lane}: ${calls} calls, ${notifications} notifications`);
    const { violations, summary, tookMs } = await round({ seed, lane, calls, notifications, limitMs: 3_600_000 });
    console.log(inspect(summary, { depth: 4, breakLength: 120 }));
    console.log(violations.length === 0 ? `All held, in ${Math.round(tookMs / 1000)} s.` : 'BROKEN:');
    for (const violation of violations) console.log(`  ${violation}`);
    failed ||= violations.length > 0;
  }
}
process.exitCode = failed ? 1 : 0;

/**
 * Runs one round, and closes everything that it has opened.
 *
 * @param {{ seed: number, lane: string, calls: number, notifications: number, limitMs: number }} options
 */
async function round(options) {
  /** @type {(() => unknown)[]} */
  const hooks = [];
  const scope = { after: (/** @type {() => unknown} */ hook) => hooks.push(hook) };
  const start = performance.now();
  try {
    return { ...(await soak(scope, options)), tookMs: performance.now() - start };
  } finally {
    for (const hook of hooks.reverse()) await hook();
  }
}
