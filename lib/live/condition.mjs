import { listen, unlisten } from '../signal.mjs';
import { LiveError } from './error.mjs';
import { wrongType } from './options.mjs';

/** Something that a program waits for. */
class Condition {
  #predicate;
  #settle;
  /** Settles with what the predicate gave, or rejects. @type {Promise<any>} */
  promise;

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
    /** @type {(settle: (value: any) => void, value: unknown) => void} */
    this.#settle = (settle, value) => {
      timers.stop(timer);
      if (signal) unlisten(signal, onAbort);
      onEnd(this);
      settle(value);
    };
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** @type {(value: any) => void} */
  #resolve = () => {};
  /** @type {(reason: unknown) => void} */
  #reject = () => {};

  /** Settles it if the predicate holds now, or throws. */
  check() {
    try {
      const value = this.#predicate();
      if (typeof (/** @type {any} */ (value)?.then) === 'function') {
        throw wrongType('until: the predicate must give its result at once, not a promise');
      }
      if (value) {
        this.#settle(this.#resolve, value);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {unknown} reason */
  fail(reason) {
    this.#settle(this.#reject, reason);
  }
}

/** @param {number} timeoutMs */
function tooLate(timeoutMs) {
  const error = new LiveError('ERR_CYCLE_TIMEOUT', `What until() waits for did not happen within ${timeoutMs} ms.`);
  error.name = 'TimeoutError';
  return error;
}

export { Condition };
