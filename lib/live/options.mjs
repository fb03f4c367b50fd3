import { accessOf, getClient } from '../client/client.mjs';
import { invalidArgument, outOfRange, wrongType } from '../invalid-argument.mjs';
import { isSignal } from '../signal.mjs';
import { refuseOptions } from '../unknown-names.mjs';
import { LONGEST } from './timers.mjs';

/** The options that every live part takes. */
const COMMON = ['client', 'socketPath', 'token', 'signal'];

/**
 * Checks the options that every live part takes, and refuses unknown ones.
 *
 * @param {string} owner
 * @param {unknown} options
 * @param {string[]} own names of further options
 */
function checkOptions(owner, options, own) {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument(`${owner} takes an object with options`);
  }
  refuseOptions(owner, options, [...COMMON, ...own]);
  const { client, socketPath, token, signal } = /** @type {any} */ (options);
  if (client !== undefined && typeof client?.GET !== 'function') {
    throw wrongType(`${owner}: \`client\` must be a client of getClient()`);
  }
  for (const [name, value] of Object.entries({ socketPath, token })) {
    checkText(owner, name, value);
  }
  if (signal !== undefined && !isSignal(signal)) {
    throw wrongType(`${owner}: \`signal\` must be an AbortSignal`);
  }
}

/**
 * The client to call with, and how to be done with it: one that was given is left open.
 *
 * @param {{ client?: any, socketPath?: string | undefined, token?: string | undefined }} options
 * @returns {{ client: any, release: () => void }}
 */
function clientOf({ client, socketPath, token }) {
  if (client !== undefined) {
    return { client, release: () => {} };
  }
  const own = getClient({ ...(socketPath && { socketPath }), ...(token && { token }) });
  return { client: own, release: () => void own.close() };
}

/**
 * Where notifications are to be had: at the place that was given, otherwise where the client calls.
 *
 * @param {{ client?: any, socketPath?: string | undefined, token?: string | undefined }} options
 * @returns {{ socketPath?: string, token?: string }}
 */
function accessFor({ client, socketPath, token }) {
  return { ...accessOf(client), ...(socketPath && { socketPath }), ...(token && { token }) };
}

/**
 * @param {string} owner
 * @param {string} name
 * @param {unknown} value
 */
function checkText(owner, name, value) {
  if (value !== undefined && (typeof value !== 'string' || value === '')) {
    throw wrongType(`${owner}: \`${name}\` must be a string that is not empty`);
  }
}

/**
 * @param {string} owner
 * @param {string} name
 * @param {unknown} value milliseconds; undefined is left out
 * @param {{ least?: number, most?: number }} [range]
 */
function checkMilliseconds(owner, name, value, { least = 1, most = LONGEST } = {}) {
  if (value === undefined) {
    return;
  }
  if (typeof value !== 'number') {
    throw wrongType(`${owner}: \`${name}\` must be a number of milliseconds`);
  }
  if (!(value >= least && value <= most)) {
    throw outOfRange(`${owner}: \`${name}\` must be from ${least} to ${most} milliseconds, not ${value}`);
  }
}

export { accessFor, checkMilliseconds, checkOptions, checkText, clientOf };
