import { constants } from 'node:buffer';
import { outOfRange, wrongType } from '../invalid-argument.mjs';
import { warnAboutOptions, warnAboutTopics } from '../unknown-names.mjs';

const DEFAULT_SOCKET_PATH = '/var/run/cycle/api/api.sock';
const MIB = 1024 * 1024;
/** A message becomes one string, so its size is limited by the longest string. */
const LARGEST_MESSAGE = constants.MAX_STRING_LENGTH;
/** The longest delay of a timer, in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * @typedef {import('./types.js').NotificationSocketOptions} NotificationSocketOptions
 * @typedef {import('../../binding.js').NotificationChannelOptions} NotificationChannelOptions
 */

/**
 * Checks the options of a socket and fills in the defaults. Errors name the option, but never show a token or a header.
 *
 * @param {NotificationSocketOptions} options
 * @returns {NotificationChannelOptions}
 */
function readOptions(options) {
  const { signal } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalid('signal', 'an AbortSignal');
  }
  const token = text('token', options.token) ?? process.env.CYCLE_API_TOKEN;
  const socketPath = text('socketPath', options.socketPath) ?? (process.env.CYCLE_API_SOCKET || DEFAULT_SOCKET_PATH);
  if (socketPath === '' || socketPath.includes('\0')) {
    throw invalid('socketPath', 'a path without a zero byte', socketPath);
  }
  const idleTimeoutMs = number('idleTimeoutMs', options.idleTimeoutMs, 0, 0, LONGEST_DELAY);
  const headersTimeoutMs = number('headersTimeoutMs', options.headersTimeoutMs, 300_000, 0, LONGEST_DELAY);
  const settings = {
    socketPath,
    token: token || undefined,
    headers: flatHeaders(options.headers),
    reconnect: flag('reconnect', options.reconnect, true),
    reconnectBaseDelayMs: number('reconnectBaseDelayMs', options.reconnectBaseDelayMs, 1000, 0, Infinity),
    reconnectMaxDelayMs: number('reconnectMaxDelayMs', options.reconnectMaxDelayMs, 30000, 0, Infinity),
    jitter: flag('jitter', options.jitter, false),
    topics: topics(options.topics),
    idleTimeoutMs: idleTimeoutMs || undefined,
    headersTimeoutMs: headersTimeoutMs || undefined,
    highWaterMark: number('highWaterMark', options.highWaterMark, 16 * MIB, 1, Infinity),
    maxMessageBytes: number('maxMessageBytes', options.maxMessageBytes, 64 * MIB, 1, LARGEST_MESSAGE),
  };
  warnAboutOptions('NotificationSocket', options, [...Object.keys(settings), 'signal', 'captureRejections']);
  if (settings.topics) {
    warnAboutTopics(settings.topics);
  }
  return settings;
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string | undefined}
 */
function text(name, value) {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw invalid(name, 'a string');
  }
  return value;
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {boolean} fallback
 */
function flag(name, value, fallback) {
  if (value === undefined) {
    return fallback;
  }
  if (typeof value !== 'boolean') {
    throw invalid(name, 'true or false', value);
  }
  return value;
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} fallback
 * @param {number} least
 * @param {number} most
 */
function number(name, value, fallback, least, most) {
  if (value === undefined) {
    return fallback;
  }
  if (typeof value !== 'number') {
    throw invalid(name, 'a number', value);
  }
  if (!(value >= least && value <= most)) {
    const range = most === Infinity ? `at least ${least}` : `between ${least} and ${most}`;
    throw outOfRange(`${name} must be ${range}, not ${value}`);
  }
  return value;
}

/** @param {unknown} value */
function topics(value) {
  if (value === undefined) {
    return undefined;
  }
  if (!Array.isArray(value) || !value.every((topic) => typeof topic === 'string')) {
    throw invalid('topics', 'an array of topics or "prefix.*" patterns', value);
  }
  return value;
}

/** @param {unknown} value */
function flatHeaders(value) {
  if (value === undefined) {
    return [];
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('headers', 'an object of names and values');
  }
  const flat = [];
  for (const [name, content] of Object.entries(value)) {
    if (content === undefined) {
      continue;
    }
    if (typeof content !== 'string') {
      throw invalid(`headers[${JSON.stringify(name)}]`, 'a string');
    }
    flat.push(name, content);
  }
  return flat;
}

/**
 * @param {string} name
 * @param {string} wanted
 * @param {unknown} [given] the value, to be shown; left out when it may be secret
 */
function invalid(name, wanted, given) {
  const shown = given === undefined ? '' : `, not ${typeof given === 'string' ? JSON.stringify(given) : String(given)}`;
  return wrongType(`${name} must be ${wanted}${shown}`);
}

export { flag, readOptions };
