// Takes part in an election, and writes when it believed that it is the primary: one line of JSON a term, with two times of the
// machine's clock that only goes forward, which all processes share. Arguments: options of joinElection, and `faults`.
'use strict';

const { joinElection } = require('../../../live');
const { beBusy } = require('../../peers/busy.js');

const { faults, ...options } = JSON.parse(process.argv[2]);

/** Milliseconds of the clock that all processes of the machine share. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

/** A random number that depends on the seed only. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function main() {
  const random = generator(faults.seed);
  const election = await joinElection(options);
  let stopping = false;
  process.on('SIGTERM', () => {
    stopping = true;
    election.resign().then(
      () => process.exit(0),
      () => process.exit(0),
    );
  });
  process.stdout.write(`${JSON.stringify({ joined: options.instanceId })}\n`);
  for await (const term of election.terms()) {
    const from = now();
    let to = from;
    const busyAt = random() < faults.busy ? from + random() * faults.busyMs : Number.POSITIVE_INFINITY;
    while (election.term === term) {
      to = now();
      if (to > busyAt) {
        // Beyond the fence: whoever looks next must not believe any more.
        beBusy(faults.busyMs);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    process.stdout.write(`${JSON.stringify({ id: options.instanceId, from, to })}\n`);
    if (stopping) return;
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
