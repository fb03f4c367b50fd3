import { call, unexpected } from './call.mjs';
import { Listing } from './listing.mjs';
import { Subscriber } from './subscriber.mjs';

/**
 * Follows one list with secrets in it: asks for it at the start, at intervals, when a notification says that it may have changed,
 * and after each connect, before which notifications may have been lost. A list that fails leaves what was there.
 */
class Follower extends Subscriber {
  #path;
  #listing;

  /**
   * @param {import('./subscriber.mjs').Access} access
   * @param {{ path: string, pollMs: number, minIntervalMs: number }} settings
   */
  constructor(access, { path, pollMs, minIntervalMs }) {
    super(access);
    this.#path = path;
    this.#listing = new Listing({
      ask: () => this.#ask(),
      onList: (list) => this.#onList(list),
      onFailure: (error) => this.#onFailure(error),
      timers: this.timers,
      ended: this.ended,
      minIntervalMs,
    });
    this.subscribe();
    this.#listing.every(pollMs);
  }

  /**
   * Checks the data of an answer and gives what `accept` takes. What it throws is the failure of the list.
   *
   * @internal
   * @param {any} data
   * @returns {any}
   */
  read(data) {
    return data;
  }

  /** Takes the next list. @internal @param {any} _list */
  accept(_list) {}

  /** Asks at another interval from now on. @internal @param {number} milliseconds */
  every(milliseconds) {
    this.#listing.every(milliseconds);
  }

  /** @override @internal */
  onOpen() {
    this.#listing.invalidate();
  }

  /** @override @internal */
  onNotification() {
    this.#listing.invalidate();
  }

  /** @override @internal */
  onUnreadable() {
    this.#listing.invalidate();
  }

  async #ask() {
    const path = this.#path;
    try {
      return this.read(await call(this.client, 'GET', path, { signal: this.ended }));
    } catch (error) {
      if (/** @type {any} */ (error)?.code === 'ERR_CYCLE_INVALID_JSON') {
        // The error of JSON.parse has a piece of the text in it.
        throw unexpected('GET', path, 'it is not valid JSON');
      }
      throw error;
    }
  }

  /** @param {any} list */
  #onList(list) {
    this.accept(list);
    this.complete();
  }

  /** @param {any} error of a list */
  #onFailure(error) {
    this.endsBy(error);
    this.report(error);
  }
}

export { Follower };
