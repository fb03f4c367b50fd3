import { Backoff } from './backoff.mjs';
import { now } from './clock.mjs';

/** Delays after lists that failed, in milliseconds. */
const RETRIES = { baseMs: 1000, mostMs: 30_000 };

/**
 * What a listing works with.
 *
 * @typedef {object} Work
 * @property {() => Promise<any>} ask asks for the list
 * @property {(list: any) => void} onList called with each list, once the listing is ready for the next
 * @property {(error: unknown) => void} onFailure the same for a list that failed
 * @property {import('./timers.mjs').Timers} timers
 * @property {AbortSignal} ended
 * @property {number} minIntervalMs from the end of a list until the next
 */

/**
 * Decides when the list of one resource is asked for: once something may have changed, and at intervals; one at a time, and none
 * within `minIntervalMs` after another. After a failure it waits longer each time.
 */
class Listing {
  #work;
  #backoff;
  /** Milliseconds between lists while nothing happens. Undefined before the first. @type {number | undefined} */
  #interval;
  /** When the last list ended, and before when there must not be another, by the clock that only goes forward. */
  #end = 0;
  #earliest = 0;
  /** Whether something may have changed after the last list was asked for. */
  #stale = true;
  #running = false;
  /** Whether the list that is on its way is needed to be up to date. */
  #needed = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** When the last list was asked for that came. @type {Date | undefined} */
  askedAt;
  /** Why the last list failed; undefined when it came. @type {unknown} */
  failure;

  /** @param {Work} work */
  constructor(work) {
    this.#work = work;
    this.#backoff = new Backoff({ ...RETRIES, baseMs: Math.max(RETRIES.baseMs, work.minIntervalMs) });
  }

  /** Whether there is a list that was asked for after everything that is known to have happened. */
  get current() {
    return !this.#stale && !this.#needed && this.failure === undefined;
  }

  /**
   * Lists from now on, at this interval while nothing happens.
   *
   * @param {number} interval milliseconds
   */
  every(interval) {
    if (interval !== this.#interval) {
      this.#interval = interval;
      this.#plan();
    }
  }

  /** Something may have changed: the list is asked for again. */
  invalidate() {
    if (!this.#stale) {
      this.#stale = true;
      this.#plan();
    }
  }

  #plan() {
    const { timers, ended } = this.#work;
    if (this.#running || this.#interval === undefined || ended.aborted) {
      return;
    }
    timers.stop(this.#timer);
    // A random part less, so that the instances of a container do not ask at the same moment.
    const due = this.#stale ? 0 : this.#end + this.#interval * (0.9 + Math.random() / 10);
    // Always by a timer, so that a batch of notifications causes one list.
    this.#timer = timers.start(() => this.#onTimer(), Math.max(due, this.#earliest) - now());
  }

  #onTimer() {
    const early = this.#earliest - now();
    if (early > 0) {
      // Timers count whole milliseconds, and may be early by less than one.
      this.#timer = this.#work.timers.start(() => this.#onTimer(), Math.ceil(early));
    } else {
      void this.#list();
    }
  }

  async #list() {
    const { ask, onList, onFailure, ended, minIntervalMs } = this.#work;
    const asked = new Date();
    this.#running = true;
    this.#needed = this.#stale;
    this.#stale = false;
    let list;
    let error;
    try {
      list = await ask();
    } catch (reason) {
      error = reason ?? new Error('the client gave no reason');
    }
    if (ended.aborted) {
      return;
    }
    let pause = minIntervalMs;
    this.failure = error;
    if (error === undefined) {
      this.askedAt = asked;
      this.#backoff.reset();
    } else {
      this.#stale = true;
      pause = Math.max(pause, this.#backoff.next(error));
    }
    this.#running = false;
    this.#needed = false;
    this.#end = now();
    this.#earliest = this.#end + pause;
    this.#plan();
    error === undefined ? onList(list) : onFailure(error);
  }
}

export { Listing };
