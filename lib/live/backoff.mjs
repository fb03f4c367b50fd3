import { LONGEST } from './timers.mjs';

/**
 * How long to wait before a call is tried again: twice as long after each failure, and a random part less, so that many
 * instances do not ask at the same moment.
 */
class Backoff {
  #failures = 0;
  #base;
  #most;

  /** @param {{ baseMs: number, mostMs: number }} limits */
  constructor({ baseMs, mostMs }) {
    this.#base = Math.min(baseMs, mostMs);
    this.#most = mostMs;
  }

  /** @param {unknown} [error] one with `retryAfterMs` is not tried again sooner */
  next(error) {
    const delay = Math.min(this.#base * 2 ** this.#failures, this.#most);
    this.#failures = Math.min(this.#failures + 1, 32);
    const asked = /** @type {any} */ (error)?.retryAfterMs ?? 0;
    return Math.min(Math.max(asked, delay * (0.5 + Math.random() / 2)), LONGEST);
  }

  /** The last call succeeded. */
  reset() {
    this.#failures = 0;
  }
}

export { Backoff };
