// Whatever the order of changes, notifications, losses and failures, a mirror ends equal to the world. It has neither resyncs nor
// polls here, so that only notifications and new connections can tell it.

'use strict';

const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { isDeepStrictEqual } = require('node:util');
const { mirrored } = require('./peers/mirrored.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { until } = require('./peers/until.js');

/** How many runs there are; more for a long run by hand. */
const RUNS = Number(process.env.MIRROR_RUNS ?? 24);
const STEPS = 40;
/** Runs at the same time. */
const ABREAST = 8;

const TOPICS = /** @type {const} */ ({
  containers: ['container.new', 'container.state.changed', 'container.updated'],
  instances: ['container.instance.state.changed', 'container.instances.reconfigured'],
});

/** @typedef {keyof typeof TOPICS} Resource */

/** Numbers from 0 to 1 that follow from the seed (mulberry32). @param {number} seed */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * One run: random steps, and then the comparison.
 *
 * @param {import('node:test').TestContext} t
 * @param {number} seed
 */
async function run(t, seed) {
  const random = generator(seed);
  /** @template T @param {readonly T[]} list @returns {T} */
  const pick = (list) => /** @type {T} */ (list[Math.floor(random() * list.length)]);
  const simulator = await startedSimulator(t);
  const { token } = simulator;
  /** @type {string[]} */
  const log = [];
  let serial = 0;

  /** Adds, removes or changes an entry. The simulator's own stay. @param {Resource} resource */
  function change(resource) {
    const kind = pick(['add', 'remove', 'change', 'change']);
    log.push(`${kind} ${resource}`);
    simulator.update((world) => {
      const list = /** @type {any[]} */ (world[resource]);
      const made = list.filter(({ id }) => id.startsWith('aaaa'));
      serial += 1;
      if (kind === 'add' || made.length === 0) {
        list.push({ ...structuredClone(list[0]), id: serial.toString(16).padStart(24, 'a') });
      } else if (kind === 'remove') {
        list.splice(list.indexOf(pick(made)), 1);
      } else {
        pick(made).events.updated = new Date(serial * 1000).toISOString();
      }
    });
  }

  /** @param {Resource} resource */
  const publish = (resource) => simulator.publish({ topic: pick(TOPICS[resource]) });
  const disconnect = () => {
    log.push('disconnect');
    simulator.disconnect(pick([{ abrupt: true }, { code: 1001 }]));
  };

  /** @type {(() => unknown)[]} */
  const steps = [
    () => {
      const resource = pick(/** @type {const} */ (['containers', 'instances']));
      change(resource);
      publish(resource);
    },
    () => {
      // What is notified before others see it.
      const resource = pick(/** @type {const} */ (['containers', 'instances']));
      change(resource);
      for (let n = 0; n < 5; n += 1) publish(resource);
    },
    () => {
      // Notifications that are lost with their connection.
      change('containers');
      change('instances');
      disconnect();
    },
    () => publish(pick(/** @type {const} */ (['containers', 'instances']))),
    disconnect,
    () => {
      const path = pick(/** @type {const} */ (['/v1/environment/containers', '/v1/environment/instances']));
      const answer = pick([{ delayMs: 20 }, { delayMs: 5 }, { drop: /** @type {const} */ ('body') }, { status: 503 }]);
      log.push(`${path} ${JSON.stringify(answer)}`);
      simulator.respond(path, { ...answer, times: 1 });
    },
    () => sleep(random() * 15),
    () => sleep(random() * 15),
  ];

  const resources = /** @type {Resource[]} */ (['containers', 'instances']);
  const { mirror } = await mirrored(t, simulator, { token, resources, minIntervalMs: 1 });
  for (let n = 0; n < STEPS; n += 1) await pick(steps)();

  const { world } = simulator;
  const wanted = resources.map((one) => new Map(world[one].map((entry) => [entry.id, entry])));
  const equal = () => resources.every((one, n) => isDeepStrictEqual(new Map(mirror[one]), wanted[n]));
  const failure = () => `seed ${seed} ends equal after ${log.join('; ')}; ${JSON.stringify(mirror.freshness)}`;
  await until(() => mirror.freshness.synced && equal(), failure, 60_000);
  await mirror.close();
  await simulator.close();
}

test('whatever happens, and in whatever order, a mirror ends equal to the world', async (t) => {
  for (let first = 1; first <= RUNS; first += ABREAST) {
    const seeds = Array.from({ length: Math.min(ABREAST, RUNS + 1 - first) }, (_, n) => first + n);
    await Promise.all(seeds.map((seed) => run(t, seed)));
  }
});
