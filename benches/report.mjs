// Samples to results, and results to Markdown.

import { PEERS } from './measurements.mjs';
import { median, medians } from './statistics.mjs';

/**
 * @typedef {import('./measurements.mjs').Measurement} Measurement
 * @typedef {import('./processes.mjs').Sample} Sample
 * @typedef {{ title: string, peers: Record<string, Sample> }} Result
 * @typedef {Record<string, Result>} Results by id of the measurement; a peer's `times` says how many times better we are
 * @typedef {ReturnType<typeof import('./goals.mjs').judge>} Judged
 */

/** Metrics of which more is better. */
const MORE_IS_BETTER = new Set(['rate', 'speed']);

/**
 * Medians of the rounds, and of the ratios within each round.
 *
 * @param {Measurement} measurement
 * @param {Record<string, Sample[]>} samples by peer, a sample a round
 * @returns {Result}
 */
export function summarize({ title, metric }, samples) {
  /** @type {Record<string, Sample>} */
  const peers = {};
  for (const [peer, rounds] of Object.entries(samples)) {
    const ratios = rounds.map((sample, round) => {
      const ours = samples.cycle[round][metric];
      return MORE_IS_BETTER.has(metric) ? ours / sample[metric] : sample[metric] / ours;
    });
    peers[peer] = { ...medians(rounds), times: median(ratios) };
  }
  return { title, peers };
}

/** @param {number} value */
function short(value) {
  if (value >= 1e6) {
    return `${(value / 1e6).toFixed(2)}M`;
  }
  if (value >= 1e4) {
    return `${(value / 1e3).toFixed(value >= 1e5 ? 0 : 1)}k`;
  }
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2);
}

/** @param {Sample} sample */
function value({ rate, cpuUs, ms, medianUs, p99Us, peakMiB, speed, grownMiB }) {
  if (rate !== undefined) {
    return `${short(rate)}/s, ${short(cpuUs)} µs`;
  }
  if (ms !== undefined) {
    return `${short(ms)} ms`;
  }
  if (medianUs !== undefined) {
    return `${short(medianUs)} µs, p99 ${short(p99Us)} µs`;
  }
  if (speed !== undefined) {
    return `${(100 * speed).toFixed(0)} % of the first tenth's speed in the last, ${grownMiB.toFixed(1)} MiB grown`;
  }
  return `${peakMiB.toFixed(0)} MiB`;
}

/** @param {number} times */
function factor(times) {
  return `${times >= 10 ? times.toFixed(0) : times.toFixed(times >= 0.995 ? 1 : 2)}×`;
}

/**
 * A table with a row a measurement and a column a peer; behind each peer how many times better this package is.
 *
 * @param {Result[]} results
 * @param {string} corner
 */
function table(results, corner) {
  const names = Object.keys(PEERS).filter((peer) => results.some(({ peers }) => peer in peers));
  const rows = results.map(({ title, peers }) => {
    const cells = names.map((peer) => {
      const sample = peers[peer];
      if (sample === undefined) {
        return '';
      }
      return peer === 'cycle' ? `**${value(sample)}**` : `${value(sample)} (${factor(sample.times)})`;
    });
    return [title, ...cells];
  });
  const labels = names.map((peer) => PEERS[/** @type {keyof typeof PEERS} */ (peer)]);
  return markdownTable([corner, ...labels], rows);
}

/**
 * A table whose columns are as wide as their longest cells, as the formatter wants it.
 *
 * @param {string[]} head
 * @param {string[][]} rows
 */
function markdownTable(head, rows) {
  const widths = head.map((_, at) => Math.max(3, ...[head, ...rows].map((cells) => cells[at].length)));
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/**
 * The machine and the versions, in a sentence or two.
 *
 * @param {ReturnType<typeof import('./machine.mjs').describeMachine>} machine
 */
export function machineText({ cpu, cores, system, pinned, node, rust, peers }) {
  const cpuText = `${cpu}, ${cores} cores`;
  const places = pinned ? 'server on one core, client on another' : 'server and client wherever the system puts them';
  const names = Object.entries(peers).map(([name, version]) => `${name.replace(/-[\d.]+$/, '')} ${version}`);
  return `${cpuText}, ${system}; ${places}. Node ${node.slice(1)}, Rust ${rust}, ${names.join(', ')}.`;
}

/** @param {Results} results */
function memoryTable(results) {
  const rows = ['small-64', 'huge-1', 'flood'].flatMap((id) => (results[id] ? [results[id]] : []));
  const peaks = rows.map(({ title, peers }) => {
    const samples = Object.entries(peers).map(([peer, { peakMiB }]) => [peer, { peakMiB }]);
    return { title, peers: Object.fromEntries(samples) };
  });
  for (const { peers } of peaks) {
    for (const sample of Object.values(peers)) {
      sample.times = sample.peakMiB / peers.cycle.peakMiB;
    }
  }
  return peaks;
}

/**
 * Everything that was measured, for people.
 *
 * @param {Results} results
 * @param {ReturnType<typeof import('./machine.mjs').describeMachine>} machine
 */
export function markdown(results, machine) {
  const pick = (/** @type {string[]} */ ids) => ids.flatMap((id) => (results[id] ? [results[id]] : []));
  const requests = pick(['small-1', 'small-16', 'small-64', 'large-1', 'large-16', 'large-64', 'huge-1', 'cold']);
  const notifications = pick(['flood', 'filter', 'latency']);
  const memory = [...memoryTable(results), ...pick(['blocked'])];
  const drift = pick(['drift']);
  const busy = requests.flatMap(({ peers }) => Object.values(peers).map(({ serverBusy }) => serverBusy ?? 0));
  const server = busy.length > 0 ? ` The server was never busier than ${(100 * Math.max(...busy)).toFixed(0)} %.` : '';
  const parts = [
    `${machineText(machine)}${server} The addon has ${(machine.addonKiB / 1024).toFixed(1)} MiB.`,
    'Calls or messages a second, and CPU time of each; in brackets, how many times better this package is.',
  ];
  if (requests.length > 0) {
    parts.push(table(requests, 'requests'));
  }
  if (notifications.length > 0) {
    parts.push(table(notifications, 'notifications of 300 bytes'));
  }
  if (memory.length > 0) {
    parts.push(table(memory, 'peak of the resident memory'));
  }
  if (drift.length > 0) {
    parts.push(table(drift, 'drift'));
  }
  return parts.join('\n\n');
}

/** @param {Judged} judged */
export function goalsText(judged) {
  const rows = judged.map(({ measurement, what, peer, bound, value: goal, measured, met, unit }) => {
    const subject = peer
      ? `${measurement}: times ${PEERS[/** @type {keyof typeof PEERS} */ (peer)]}`
      : `${measurement}: ${what}`;
    const show = (/** @type {number} */ number) => (unit ? `${short(number)} ${unit}` : `${number.toFixed(2)}×`);
    return [subject, `at ${bound} ${show(goal)}`, show(measured), met ? 'met' : 'not met'];
  });
  return markdownTable(['goal', 'wanted', 'measured', ''], rows);
}
