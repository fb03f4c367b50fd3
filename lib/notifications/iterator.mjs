/** The number of unread notifications in an iterator at which the socket stops delivering. */
const ENOUGH = 256;

/** The item that marks a place where notifications may be missing. */
const GAP = Object.freeze({ gap: true });

/**
 * The socket of an iterator.
 *
 * @typedef {object} Source
 * @property {() => void} demand tells the socket that there is room again
 * @property {(iterator: NotificationIterator) => void} leave removes the iterator from the socket
 */

/**
 * Iterates over the notifications of a socket from now on.
 *
 * @implements {AsyncIterableIterator<any>}
 */
class NotificationIterator {
  #source;
  #gaps;
  /** Whether the last item was a gap. */
  #marked = false;
  /** @type {any[]} */
  #waiting = [];
  #taken = 0;
  /** @type {{ resolve: (result: IteratorResult<any>) => void, reject: (reason: unknown) => void }[]} */
  #readers = [];
  #ended = false;
  /** @type {{ reason: unknown } | undefined} */
  #failure;

  /**
   * @param {Source} source
   * @param {boolean} gaps whether to yield {@link GAP}
   */
  constructor(source, gaps) {
    this.#source = source;
    this.#gaps = gaps;
  }

  /** Whether the socket should stop delivering for now. */
  get full() {
    return this.#waiting.length - this.#taken >= ENOUGH;
  }

  /** @param {any} notification */
  push(notification) {
    this.#marked = false;
    this.#put(notification);
  }

  /** Adds a gap, if gaps are wanted and the last item is not one already. */
  markGap() {
    if (this.#gaps && !this.#marked) {
      this.#marked = true;
      this.#put(GAP);
    }
  }

  /** @param {any} value */
  #put(value) {
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ value, done: false });
    } else {
      this.#waiting.push(value);
    }
  }

  /**
   * Ends the iteration. Unread notifications are still given out; then it throws the reason, if there is one.
   *
   * @param {{ reason: unknown }} [failure]
   */
  end(failure) {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#failure = failure;
    this.#source.leave(this);
    for (const reader of this.#readers.splice(0)) {
      this.#finish(reader);
    }
  }

  /** @param {{ resolve: (result: IteratorResult<any>) => void, reject: (reason: unknown) => void }} reader */
  #finish(reader) {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) {
      reader.reject(failure.reason);
    } else {
      reader.resolve({ value: undefined, done: true });
    }
  }

  /** @returns {Promise<IteratorResult<any>>} */
  next() {
    if (this.#taken < this.#waiting.length) {
      const value = this.#waiting[this.#taken];
      this.#taken += 1;
      if (this.#taken === this.#waiting.length) {
        this.#waiting = [];
        this.#taken = 0;
        if (!this.#ended) {
          this.#source.demand();
        }
      }
      return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        this.#finish({ resolve, reject });
      } else {
        this.#readers.push({ resolve, reject });
      }
    });
  }

  /** @returns {Promise<IteratorResult<any>>} */
  async return() {
    this.#leave();
    return { value: undefined, done: true };
  }

  /**
   * @param {unknown} [reason]
   * @returns {Promise<IteratorResult<any>>}
   */
  async throw(reason) {
    this.#leave();
    throw reason;
  }

  #leave() {
    this.#waiting = [];
    this.#taken = 0;
    this.#failure = undefined;
    this.end();
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

export { NotificationIterator };
