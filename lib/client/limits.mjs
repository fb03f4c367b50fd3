import { outOfRange } from '../invalid-argument.mjs';
import { warnAboutOptions } from '../unknown-names.mjs';

/** @typedef {import('../../index.js').ClientOptions} ClientOptions */

/**
 * Checks the limits in a client's options, and gives them as native code takes them.
 *
 * @param {ClientOptions} options
 * @param {string} [owner] the function that they are options of
 */
function readLimits(options, owner = 'getClient') {
  const {
    retry,
    timeoutMs,
    headersTimeoutMs,
    bodyTimeoutMs,
    keepAliveTimeoutMs,
    maxConnections,
    maxResponseBytes,
    ...unknown
  } = options;
  /** @param {string} name @param {number | undefined} value @param {number} most @param {number} [least] */
  const positive = (name, value, most, least = 1) => checkedNumber(`${owner}: \`${name}\``, value, most, least);
  const retries = typeof retry === 'number' ? { retries: retry } : retry;
  const limits = {
    maxConnections: positive('maxConnections', maxConnections, 2 ** 32 - 1),
    maxResponseBytes: positive('maxResponseBytes', maxResponseBytes, Infinity),
    timeoutMs: positive('timeoutMs', timeoutMs, Infinity),
    headersTimeoutMs: positive('headersTimeoutMs', headersTimeoutMs, Infinity, 0),
    bodyTimeoutMs: positive('bodyTimeoutMs', bodyTimeoutMs, Infinity, 0),
    keepAliveTimeoutMs: positive('keepAliveTimeoutMs', keepAliveTimeoutMs, Infinity),
    retries: positive('retry.retries', retries?.retries, 2 ** 32 - 1, 0),
    retryBaseDelayMs: positive('retry.baseDelayMs', retries?.baseDelayMs, Infinity, 0),
    retryMaxDelayMs: positive('retry.maxDelayMs', retries?.maxDelayMs, Infinity, 0),
  };
  const names = Object.keys(limits).filter((name) => !name.startsWith('retr'));
  warnAboutOptions(owner, unknown, ['token', 'socketPath', 'retry', ...names]);
  if (typeof retries === 'object' && retries !== null) {
    warnAboutOptions(`retry of ${owner}`, retries, ['retries', 'baseDelayMs', 'maxDelayMs']);
  }
  return limits;
}

/**
 * @param {string} name
 * @param {number | undefined} value
 * @param {number} most
 * @param {number} least
 */
function checkedNumber(name, value, most, least) {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw outOfRange(`${name} must be a number of at least ${least}, not ${String(value)}.`);
  }
  return value;
}

export { readLimits };
