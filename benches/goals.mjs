// What the project set out to reach. A goal is reported, never enforced: a slower machine must not fail a build.

/**
 * @typedef {import('./report.mjs').Results} Results
 * @typedef {object} Goal
 * @property {string} measurement
 * @property {string} what
 * @property {'least' | 'most'} bound
 * @property {number} value
 * @property {string} [peer] compared with, times; without one it is our own metric
 * @property {string} [metric]
 * @property {string} [unit]
 */

/**
 * @param {string} measurement
 * @param {[peer: string, times: number][]} goals
 * @returns {Goal[]}
 */
function times(measurement, ...goals) {
  return goals.map(([peer, value]) => ({ measurement, what: '', bound: 'least', value, peer }));
}

/**
 * @param {string} measurement
 * @param {string} what
 * @param {string} metric
 * @param {string} unit
 * @param {number} value
 * @returns {Goal}
 */
function atMost(measurement, what, metric, unit, value) {
  return { measurement, what, metric, unit, bound: 'most', value };
}

/** @type {Goal[]} */
const NOTIFICATIONS = [
  ...times('flood', ['undici-8', 2.8], ['ws', 2.4]),
  atMost('flood', 'CPU a message', 'cpuUs', 'µs', 1.5),
  ...times('filter', ['undici-8', 8]),
  atMost('blocked', 'resident memory', 'peakMiB', 'MiB', 120),
];

/** Goals by lane. @type {Record<'event-loop' | 'io-thread', Goal[]>} */
export const GOALS = {
  'event-loop': [
    ...times('small-64', ['undici-7', 3.6], ['upstream', 15], ['reference', 0.8]),
    ...times('small-16', ['undici-7', 3.2]),
    ...times('small-1', ['undici-7', 1.7], ['upstream', 15], ['reference', 0.95]),
    atMost('small-64', 'CPU a call', 'cpuUs', 'µs', 12),
    atMost('small-1', 'CPU a call', 'cpuUs', 'µs', 46),
    ...times('large-1', ['undici-7', 1.4], ['upstream', 4]),
    ...times('huge-1', ['undici-7', 1.3]),
    atMost('huge-1', 'resident memory', 'peakMiB', 'MiB', 200),
    ...times('cold', ['upstream', 35]),
    atMost('small-64', 'resident memory', 'peakMiB', 'MiB', 90),
    ...NOTIFICATIONS,
  ],
  'io-thread': [
    ...times('small-64', ['undici-7', 3], ['upstream', 12]),
    ...times('small-1', ['undici-7', 1]),
    ...times('cold', ['upstream', 30]),
    atMost('small-64', 'resident memory', 'peakMiB', 'MiB', 100),
    ...NOTIFICATIONS,
  ],
};

/**
 * The goals that something was measured for.
 *
 * @param {Goal[]} goals
 * @param {Results} results
 */
export function judge(goals, results) {
  return goals.flatMap((goal) => {
    const found = results[goal.measurement];
    const measured = goal.peer ? found?.peers[goal.peer]?.times : found?.peers.cycle?.[goal.metric ?? ''];
    if (measured === undefined) {
      return [];
    }
    const met = goal.bound === 'least' ? measured >= goal.value : measured <= goal.value;
    return [{ ...goal, measured, met }];
  });
}
