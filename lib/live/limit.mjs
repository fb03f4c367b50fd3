import { listen, unlisten } from '../signal.mjs';

/**
 * Runs something with a signal that aborts after a time, or when another signal aborts.
 *
 * @template T
 * @param {import('./timers.mjs').Timers} timers
 * @param {{ milliseconds: number | undefined, reason: () => unknown, signal?: AbortSignal | undefined }} limit without
 *   `milliseconds` only the signal counts; `reason` makes the reason of the abort after them
 * @param {(signal: AbortSignal) => Promise<T>} run
 * @returns {Promise<T>}
 */
async function withLimit(timers, { milliseconds, reason, signal }, run) {
  signal?.throwIfAborted();
  const limited = new AbortController();
  const timer = milliseconds === undefined ? undefined : timers.start(() => limited.abort(reason()), milliseconds);
  const stop = () => limited.abort(signal?.reason);
  if (signal) {
    listen(signal, stop);
  }
  try {
    return await run(limited.signal);
  } finally {
    timers.stop(timer);
    if (signal) {
      unlisten(signal, stop);
    }
  }
}

export { withLimit };
