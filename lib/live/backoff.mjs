/** The longest time that a server may ask to wait, in milliseconds. A mistake of it must not stop an instance for days. */
const LONGEST_ASKED = 300_000;

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

  /** @param {unknown} [error] one with `retryAfterMs` is not tried again sooner, but after five minutes at the latest */
  next(error) {
    const delay = Math.min(this.#base * 2 ** this.#failures, this.#most);
    this.#failures = Math.min(this.#failures + 1, 32);
    const asked = Math.min(/** @type {any} */ (error)?.retryAfterMs ?? 0, LONGEST_ASKED);
    return Math.max(asked, delay * (0.5 + Math.random() / 2));
  }

  /** The last call succeeded. */
  reset() {
    this.#failures = 0;
  }
}

export { Backoff };
