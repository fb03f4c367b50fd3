// What is measured, of whom, and how long it takes.

/**
 * @typedef {'rest' | 'cold' | 'notifications' | 'memory'} Group
 * @typedef {object} Measurement
 * @property {string} id
 * @property {string} title
 * @property {Group[]} groups
 * @property {'rest' | 'notifications'} client
 * @property {string[]} peers
 * @property {number} rounds
 * @property {Record<string, unknown> & { kind: string }} task
 * @property {'rate' | 'ms' | 'peakMiB' | 'medianUs' | 'speed'} metric what peers are compared by
 */

/** Names of the peers, in the order of the report. */
export const PEERS = {
  cycle: 'this package',
  reference: 'hyper + serde_json',
  'undici-7': 'undici 7',
  'undici-8': 'undici 8',
  'node-http': 'node:http',
  ws: 'ws',
  'json-parse': 'JSON.parse alone',
  'upstream-newest': 'openapi-fetch, undici 8',
  upstream: 'openapi-fetch, undici 8.5',
};

const IN_JAVASCRIPT = ['cycle', 'undici-7', 'undici-8', 'node-http', 'upstream-newest', 'upstream'];
const EVERYBODY = ['cycle', 'reference', ...IN_JAVASCRIPT.slice(1)];
const STREAMS = ['cycle', 'undici-8', 'ws'];

/** @type {Record<string, string>} */
const BODIES = { small: '738 bytes', large: '105 KB', huge: '10 MB' };

/**
 * @param {string} body
 * @param {number} inFlight
 * @param {Pace} pace
 * @returns {Measurement}
 */
function rate(body, inFlight, pace) {
  const huge = body === 'huge';
  return {
    id: `${body}-${inFlight}`,
    title: `${BODIES[body]}, ${inFlight === 1 ? 'one at a time' : `${inFlight} in flight`}`,
    groups: huge || (body === 'small' && inFlight === 64) ? ['rest', 'memory'] : ['rest'],
    client: 'rest',
    peers: EVERYBODY,
    rounds: pace.rounds,
    task: {
      kind: 'rate',
      target: `/${body}`,
      inFlight,
      // Compilers take longer to see what is hot when little runs.
      warmUpMs: inFlight === 1 && !huge ? 2 * pace.warmUpMs : pace.warmUpMs,
      measuredMs: pace.measuredMs,
    },
    metric: 'rate',
  };
}

/**
 * How much of everything.
 *
 * @typedef {object} Pace
 * @property {number} rounds
 * @property {number} coldRounds
 * @property {number} warmUpMs
 * @property {number} measuredMs
 * @property {number} messages
 * @property {number} calls
 * @property {number} pauseMs
 */

/** @type {Pace} */
export const THOROUGH = {
  rounds: 3,
  coldRounds: 11,
  warmUpMs: 500,
  measuredMs: 700,
  messages: 200_000,
  calls: 100_000,
  pauseMs: 1000,
};

/** @type {Pace} */
export const QUICK = {
  rounds: 1,
  coldRounds: 3,
  warmUpMs: 100,
  measuredMs: 150,
  messages: 40_000,
  calls: 5000,
  pauseMs: 200,
};

/**
 * @param {Pace} pace
 * @returns {Measurement[]}
 */
export function plan(pace) {
  const { rounds, coldRounds, messages, calls, pauseMs } = pace;
  return [
    ...['small', 'large'].flatMap((body) => [1, 16, 64].map((inFlight) => rate(body, inFlight, pace))),
    rate('huge', 1, pace),
    {
      id: 'cold',
      title: 'import and first answer in a fresh process',
      groups: ['cold'],
      client: 'rest',
      peers: IN_JAVASCRIPT,
      rounds: coldRounds,
      task: { kind: 'cold' },
      metric: 'ms',
    },
    {
      id: 'drift',
      title: `${calls.toLocaleString('en')} calls one after the other`,
      groups: ['memory'],
      client: 'rest',
      peers: ['cycle', 'undici-7'],
      rounds: 1,
      task: { kind: 'drift', calls },
      metric: 'speed',
    },
    {
      id: 'flood',
      title: 'every notification parsed',
      groups: ['notifications'],
      client: 'notifications',
      peers: [...STREAMS, 'json-parse'],
      rounds,
      task: { kind: 'flood', messages },
      metric: 'rate',
    },
    {
      id: 'filter',
      title: 'one notification in 100 wanted',
      groups: ['notifications'],
      client: 'notifications',
      peers: STREAMS,
      rounds,
      task: { kind: 'filter', messages: 2 * messages },
      metric: 'rate',
    },
    {
      id: 'blocked',
      title: 'flood with a consumer that stands still',
      groups: ['notifications', 'memory'],
      client: 'notifications',
      peers: STREAMS,
      rounds: 1,
      task: { kind: 'blocked', messages: 3 * messages, pauseMs },
      metric: 'peakMiB',
    },
    {
      id: 'latency',
      title: 'from write to listener at 1,000 notifications a second',
      groups: ['notifications'],
      client: 'notifications',
      peers: STREAMS,
      rounds,
      task: { kind: 'latency', messages: messages / 80 },
      metric: 'medianUs',
    },
  ];
}
