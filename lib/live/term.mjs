import { now } from './clock.mjs';

/** The time in which an instance is the primary. */
class Term {
  #abort = new AbortController();
  #election;
  #fence = 0;
  /** When this instance learned that it is the primary. */
  since = new Date();
  /** What works as long as this term lasts. @type {Set<Promise<unknown>>} */
  #work = new Set();

  /** @param {import('./election.mjs').Election} election */
  constructor(election) {
    this.#election = election;
  }

  /**
   * When this instance must no longer act as the primary, by the clock that only goes forward, in milliseconds.
   *
   * @internal
   */
  get fence() {
    return this.#fence;
  }

  set fence(fence) {
    this.#fence = fence;
  }

  get remainingMs() {
    return this.#abort.signal.aborted ? 0 : Math.max(0, this.#fence - now());
  }

  get signal() {
    // A program that was stopped learns it here, before the timer of the fence has run.
    this.#election.checkFence();
    return this.#abort.signal;
  }

  /**
   * Counts something as work of this term until it is done.
   *
   * @internal
   * @param {Promise<unknown>} work does not reject
   */
  keepFor(work) {
    this.#work.add(work);
    work.then(() => this.#work.delete(work));
  }

  /** Resolves when the work is done, and what was begun meanwhile. @internal */
  async done() {
    while (this.#work.size > 0) {
      await Promise.all(this.#work);
    }
  }

  /** @internal @param {unknown} reason */
  end(reason) {
    this.#abort.abort(reason);
  }
}

export { Term };
