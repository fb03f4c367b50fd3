import { clearTimeout, setTimeout } from '../timers.mjs';

/** The longest delay of Node's timers, in milliseconds. A longer one would end at once. */
const LONGEST = 2 ** 31 - 1;

/** The timers of one live part, which keep the process alive or do not. */
class Timers {
  #held = true;
  /** @type {Set<NodeJS.Timeout>} */
  #running = new Set();

  /**
   * Calls a function once.
   *
   * @param {() => void} run
   * @param {number} milliseconds a longer time than `LONGEST` counts as that
   * @returns {NodeJS.Timeout}
   */
  start(run, milliseconds) {
    const timer = setTimeout(
      () => {
        this.#running.delete(timer);
        run();
      },
      Math.min(milliseconds, LONGEST),
    );
    if (!this.#held) {
      timer.unref();
    }
    this.#running.add(timer);
    return timer;
  }

  /** @param {NodeJS.Timeout | undefined} timer */
  stop(timer) {
    if (timer !== undefined) {
      clearTimeout(timer);
      this.#running.delete(timer);
    }
  }

  stopAll() {
    for (const timer of this.#running) {
      clearTimeout(timer);
    }
    this.#running.clear();
  }

  ref() {
    this.#held = true;
    for (const timer of this.#running) {
      timer.ref();
    }
  }

  unref() {
    this.#held = false;
    for (const timer of this.#running) {
      timer.unref();
    }
  }
}

export { LONGEST, Timers };
