import { wrongType } from '../invalid-argument.mjs';
import { listen, unlisten } from '../signal.mjs';
import { deferred } from './deferred.mjs';
import { LiveError } from './error.mjs';

/** Something that a program waits for. */
class Condition {
  #predicate;
  #outcome = /** @type {ReturnType<typeof deferred<any>>} */ (deferred());
  #release;

  /**
   * @param {() => unknown} predicate
   * @param {{ signal?: AbortSignal | undefined, timeoutMs?: number | undefined, timers: import('./timers.mjs').Timers }} limits
   * @param {(condition: Condition) => void} onEnd called when it has settled
   */
  constructor(predicate, { signal, timeoutMs, timers }, onEnd) {
    this.#predicate = predicate;
    const onAbort = () => this.fail(signal?.reason);
    const timer = timeoutMs === undefined ? undefined : timers.start(() => this.fail(tooLate(timeoutMs)), timeoutMs);
    if (signal) listen(signal, onAbort);
    this.#release = () => {
      timers.stop(timer);
      if (signal) unlisten(signal, onAbort);
      onEnd(this);
    };
  }

  /** Settles with what the predicate gave, or rejects. */
  get promise() {
    return this.#outcome.promise;
  }

  /** Settles it if the predicate holds now, or throws. */
  check() {
    try {
      const value = this.#predicate();
      if (typeof (/** @type {any} */ (value)?.then) === 'function') {
        throw wrongType('until: the predicate must give its result at once, not a promise');
      }
      if (value) {
        this.#release();
        this.#outcome.resolve(value);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {unknown} reason */
  fail(reason) {
    this.#release();
    this.#outcome.reject(reason);
  }
}

/** @param {number} timeoutMs */
function tooLate(timeoutMs) {
  const error = new LiveError('ERR_CYCLE_TIMEOUT', `What until() waits for did not happen within ${timeoutMs} ms.`);
  error.name = 'TimeoutError';
  return error;
}

export { Condition };
