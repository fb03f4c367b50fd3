import { checkMilliseconds } from './options.mjs';

/** Options in milliseconds of what follows the platform by notifications and lists, with their defaults and least values. */
const FOLLOWING = {
  minIntervalMs: { usual: 1000, least: 0 },
  idleTimeoutMs: { usual: 30_000, least: 0 },
  reconnectBaseDelayMs: { usual: 1000, least: 0 },
  reconnectMaxDelayMs: { usual: 30_000, least: 0 },
};

/**
 * Checks options in milliseconds and fills in the defaults.
 *
 * @template {string} Name
 * @param {string} owner
 * @param {any} options
 * @param {Record<Name, { usual: number, least: number }>} declared
 * @returns {Record<Name, number>}
 */
function readDurations(owner, options, declared) {
  const durations = /** @type {Record<Name, number>} */ ({});
  for (const name of /** @type {Name[]} */ (Object.keys(declared))) {
    checkMilliseconds(owner, name, options[name], { least: declared[name].least });
    durations[name] = options[name] ?? declared[name].usual;
  }
  return durations;
}

export { FOLLOWING, readDurations };
