import { Backoff } from './backoff.mjs';
import { AnswerError, isTransient, LiveError } from './error.mjs';
import { sleep } from './sleep.mjs';
import { Timers } from './timers.mjs';

/** Delays between attempts, in milliseconds. */
const ATTEMPTS = { baseMs: 250, mostMs: 30_000 };

/**
 * Makes a call and gives `data` of the answer. An answer with an error status is thrown.
 *
 * @param {any} client
 * @param {string} method
 * @param {string} path
 * @param {any} [init]
 * @returns {Promise<any>}
 */
async function call(client, method, path, init) {
  const { data, error, response } = await client[method](path, init);
  if (!response.ok) {
    throw new AnswerError(method, path, error, response);
  }
  if (typeof data !== 'object' || data === null || data.data === undefined) {
    throw unexpected(method, path, 'it has no `data`');
  }
  return data.data;
}

/**
 * The same, tried again until it succeeds, or fails in a way that does not pass.
 *
 * @param {any} client
 * @param {string} method
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
async function callUntilAnswered(client, method, path, signal) {
  const timers = new Timers();
  const backoff = new Backoff(ATTEMPTS);
  for (;;) {
    try {
      return await call(client, method, path, { signal });
    } catch (error) {
      if (signal?.aborted || !isTransient(error)) {
        throw error;
      }
      await sleep(timers, backoff.next(error), signal);
    }
  }
}

/**
 * Makes the error for an answer that does not have the declared shape.
 *
 * @param {string} method
 * @param {string} path
 * @param {string} fault
 */
function unexpected(method, path, fault) {
  return new LiveError('ERR_CYCLE_BAD_ANSWER', `The answer to ${method} ${path} has an unexpected shape: ${fault}.`);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} data of an answer
 * @returns {Record<string, any>}
 * @throws {LiveError} if it is no object
 */
function objectOf(method, path, data) {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw unexpected(method, path, '`data` is not an object');
  }
  return data;
}

export { call, callUntilAnswered, objectOf, unexpected };
