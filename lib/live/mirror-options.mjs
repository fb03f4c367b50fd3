import { invalidArgument, wrongType } from '../invalid-argument.mjs';
import { isSignal } from '../signal.mjs';
import { refuseOptions, suggestion } from '../unknown-names.mjs';
import { FOLLOWING, readDurations } from './durations.mjs';
import { checkMilliseconds, checkOptions } from './options.mjs';
import { RESOURCES } from './resources.mjs';

const OWNER = 'mirrorEnvironment';

/** The options in milliseconds, with their defaults and least values. */
const DURATIONS = {
  resyncMs: { usual: 300_000, least: 1 },
  pollMs: { usual: 30_000, least: 1 },
  ...FOLLOWING,
};

/** @typedef {Record<keyof typeof DURATIONS, number>} Durations */

/**
 * Checks the options of a mirror and fills in the defaults.
 *
 * @param {any} options
 * @returns {{ resources: string[], durations: Durations }}
 */
function readMirrorOptions(options) {
  checkOptions(OWNER, options, ['resources', ...Object.keys(DURATIONS)]);
  const { resources = ['containers', 'instances'] } = options;
  checkResources(resources);
  const durations = readDurations(OWNER, options, DURATIONS);
  return { resources: [...new Set(/** @type {string[]} */ (resources))], durations };
}

/** @param {unknown} resources */
function checkResources(resources) {
  if (!Array.isArray(resources)) {
    throw wrongType(`${OWNER}: \`resources\` must be an array`);
  }
  if (resources.length === 0) {
    throw invalidArgument(`${OWNER}: \`resources\` must name at least one`);
  }
  const names = Object.keys(RESOURCES);
  const unknown = resources.findIndex((name) => !names.includes(name));
  if (unknown !== -1) {
    const name = String(resources[unknown]);
    throw invalidArgument(`${OWNER}: \`resources\` cannot have ${name}: ${suggestion(name, names)}`);
  }
}

/**
 * Checks the arguments of `until`.
 *
 * @param {unknown} predicate
 * @param {any} options
 */
function checkUntil(predicate, options) {
  if (typeof predicate !== 'function') {
    throw wrongType('until: the predicate must be a function');
  }
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument('until takes an object with options');
  }
  refuseOptions('until', options, ['signal', 'timeoutMs']);
  if (options.signal !== undefined && !isSignal(options.signal)) {
    throw wrongType('until: `signal` must be an AbortSignal');
  }
  checkMilliseconds('until', 'timeoutMs', options.timeoutMs);
}

export { checkUntil, readMirrorOptions };
