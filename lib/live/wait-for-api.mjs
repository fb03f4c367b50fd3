import { Backoff } from './backoff.mjs';
import { isTransient, timedOut } from './error.mjs';
import { withLimit } from './limit.mjs';
import { checkMilliseconds, checkOptions, clientOf } from './options.mjs';
import { sleep } from './sleep.mjs';
import { Timers } from './timers.mjs';

const OPTIONS = ['timeoutMs'];

/** A call that needs no scope. */
const PATH = '/v1/hub';

/** Delays between attempts, in milliseconds. Short, because a program waits that could do nothing else. */
const ATTEMPTS = { baseMs: 50, mostMs: 2000 };

/** How long one attempt waits, in milliseconds: a server that was replaced may leave a connection without an answer. */
const PATIENCE = 5000;

/** Errors of calls that a server answered, though not as this client wants it. */
const ANSWERED = new Set([
  'ERR_CYCLE_INVALID_JSON',
  'ERR_CYCLE_BAD_ENCODING',
  'ERR_CYCLE_REDIRECT',
  'ERR_CYCLE_RESPONSE_TOO_LARGE',
]);

/**
 * Waits until the API answers. Documented in `live.d.ts`.
 *
 * @param {any} [options]
 * @returns {Promise<void>}
 */
async function waitForApi(options = {}) {
  checkOptions('waitForApi', options, OPTIONS);
  const { timeoutMs, signal } = options;
  checkMilliseconds('waitForApi', 'timeoutMs', timeoutMs);
  signal?.throwIfAborted();
  const { client, release } = clientOf(options);
  const timers = new Timers();
  /** The last failure. @type {unknown} */
  let cause;
  const limit = { milliseconds: timeoutMs, reason: () => timedOut(`GET ${PATH}`, timeoutMs, cause), signal };
  try {
    await withLimit(timers, limit, async (stop) => {
      const backoff = new Backoff(ATTEMPTS);
      for (;;) {
        try {
          return await ask(client, timers, stop);
        } catch (error) {
          stop.throwIfAborted();
          if (!isTransient(error) && !isSilence(error)) {
            throw error;
          }
          cause = error;
        }
        await sleep(timers, backoff.next(), stop);
      }
    });
  } finally {
    release();
  }
}

/**
 * Asks once. An answer of any status is one.
 *
 * @param {any} client
 * @param {Timers} timers
 * @param {AbortSignal} stop
 */
async function ask(client, timers, stop) {
  const limit = { milliseconds: PATIENCE, reason: () => timedOut(`GET ${PATH}`, PATIENCE), signal: stop };
  try {
    await withLimit(timers, limit, (signal) => client.GET(PATH, { parseAs: 'text', signal }));
  } catch (error) {
    if (!ANSWERED.has(/** @type {any} */ (error)?.code)) {
      throw error;
    }
  }
}

/** @param {unknown} error */
function isSilence(error) {
  return /** @type {any} */ (error)?.code === 'ERR_CYCLE_TIMEOUT';
}

export { waitForApi };
