// `npm run bench`: every peer in one run. See `--help`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, run, say, tool } from '../scripts/setup.mjs';
import { GOALS, judge } from './goals.mjs';
import { describeMachine } from './machine.mjs';
import { plan, QUICK, THOROUGH } from './measurements.mjs';
import { pages } from './pages.mjs';
import { measureInNode, measureReference, startServer } from './processes.mjs';
import { goalsText, markdown, summarize } from './report.mjs';
import { setUp } from './setup.mjs';

const HELP = `Usage: npm run bench -- [options]

  --quick        a short run, for development
  --only GROUP   rest, cold, notifications or memory
  --lane LANE    event-loop or io-thread, instead of what the package chooses by itself
  --write        save benches/results.json, the tables of docs/benchmarks.md and benches/chart.svg
`;

const LANES = /** @type {const} */ (['event-loop', 'io-thread']);

function readOptions() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      lane: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const lane = values.lane ?? process.env.CYCLE_INTERNAL_API_LANE ?? 'event-loop';
  const known = LANES.find((one) => one === lane);
  if (known === undefined) {
    throw new Error(`--lane is ${LANES.join(' or ')}, not ${lane}`);
  }
  if (values.lane) {
    process.env.CYCLE_INTERNAL_API_LANE = lane;
  }
  return { ...values, lane: known };
}

/**
 * @typedef {import('./measurements.mjs').Measurement} Measurement
 * @typedef {import('./processes.mjs').Sample} Sample
 * @typedef {object} Saved what results.json has
 * @property {ReturnType<typeof describeMachine>} machine
 * @property {'event-loop' | 'io-thread'} lane
 * @property {import('./report.mjs').Results} results
 * @property {ReturnType<typeof judge>} goals
 */

/**
 * Every peer once a round, so that what disturbs the machine disturbs all of them.
 *
 * @param {Measurement} measurement
 * @param {string} socketPath
 */
async function measure({ client, peers, rounds, task, title }, socketPath) {
  process.stderr.write(`${title} `);
  /** @type {Record<string, Sample[]>} */
  const samples = Object.fromEntries(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of peers) {
      const whole = { ...task, peer, socketPath, token: 'benchmark' };
      const sample = peer === 'reference' ? measureReference(/** @type {any} */ (whole)) : measureInNode(client, whole);
      samples[peer].push(await sample);
      process.stderr.write('.');
    }
  }
  process.stderr.write('\n');
  return samples;
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  if (options.write) {
    if (options.quick || options.only) {
      throw new Error('--write needs the whole run: no --quick, no --only');
    }
    // A page without its marks is noticed before minutes are spent.
    pages();
  }
  const measurements = plan(options.quick ? QUICK : THOROUGH).filter(
    ({ groups }) => !options.only || groups.some((group) => group === options.only),
  );
  if (measurements.length === 0) {
    throw new Error(`--only is rest, cold, notifications or memory, not ${options.only}`);
  }
  setUp();
  const machine = describeMachine();
  const server = await startServer();
  /** @type {import('./report.mjs').Results} */
  const results = {};
  say(`Measuring ${measurements.length} things; a dot is a peer`);
  try {
    for (const measurement of measurements) {
      results[measurement.id] = summarize(measurement, await measure(measurement, server.socketPath));
    }
  } finally {
    server.stop();
  }
  const tables = markdown(results, machine);
  const goals = judge(GOALS[options.lane], results);
  const remark = options.quick ? '\nA short run: good for seeing that it works, not for quoting.\n' : '';
  process.stdout.write(`\n${tables}\n\n${goalsText(goals)}\n${remark}`);
  if (options.write) {
    const saved = { machine, lane: options.lane, results, goals };
    write('benches/results.json', JSON.stringify(saved, null, 2));
    for (const [file, text] of Object.entries(pages(saved))) {
      write(file, text);
    }
    run(tool('biome'), ['format', '--write', '--log-level=error', 'benches/results.json']);
  }
}

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  writeFileSync(join(root, file), text);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
