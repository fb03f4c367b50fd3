import { listen, unlisten } from '../signal.mjs';

/**
 * Waits, or rejects with the signal's reason once it aborts.
 *
 * @param {import('./timers.mjs').Timers} timers
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function sleep(timers, milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      timers.stop(timer);
      reject(signal?.reason);
    };
    const timer = timers.start(() => {
      if (signal) unlisten(signal, stop);
      resolve();
    }, milliseconds);
    if (signal) listen(signal, stop);
  });
}

export { sleep };
