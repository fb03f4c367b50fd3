import { call, unexpected } from './call.mjs';
import { deferred } from './deferred.mjs';
import { isTransient } from './error.mjs';
import { Listing } from './listing.mjs';
import { clientOf } from './options.mjs';
import { LivePart } from './part.mjs';
import { socketFor } from './socket.mjs';

/**
 * What a follower works with.
 *
 * @typedef {object} Access
 * @property {any} client
 * @property {() => void} release
 * @property {import('../notifications/socket.mjs').NotificationSocket} socket
 * @property {AbortSignal | undefined} signal
 */

/**
 * Follows one list with secrets in it: asks for it at the start, at intervals, when a notification says that it may have changed,
 * and after each connect, before which notifications may have been lost. A list that fails leaves what was there.
 */
class Follower extends LivePart {
  #client;
  #release;
  #socket;
  #path;
  #listing;
  /** Why notifications do not come. @type {any} */
  #connectionError;
  #ready = deferred();
  #isReady = false;

  /**
   * @param {Access} access
   * @param {{ path: string, pollMs: number, minIntervalMs: number }} settings
   */
  constructor({ client, release, socket, signal }, { path, pollMs, minIntervalMs }) {
    super(signal);
    this.#client = client;
    this.#release = release;
    this.#socket = socket;
    this.#path = path;
    this.#listing = new Listing({
      ask: () => this.#ask(),
      onList: (list) => this.#onList(list),
      onFailure: (error) => this.#onFailure(error),
      timers: this.timers,
      ended: this.ended,
      minIntervalMs,
    });
    socket.on('open', () => {
      this.#connectionError = undefined;
      this.#listing.invalidate();
    });
    socket.on('notification', () => this.#listing.invalidate());
    socket.on('error', (error) => this.#onError(error));
    this.ended.addEventListener('abort', () => this.#onEnd(), { once: true });
    socket.connect();
    this.#listing.every(pollMs);
  }

  /** Resolves once the list is there. @internal */
  get ready() {
    return this.#ready.promise;
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

  /** @override */
  ref() {
    this.#socket.ref();
    return super.ref();
  }

  /** @override */
  unref() {
    this.#socket.unref();
    return super.unref();
  }

  /** @override */
  async close() {
    this.end();
    this.#socket.ref();
    await this.#socket[Symbol.asyncDispose]();
  }

  async #ask() {
    const path = this.#path;
    try {
      return this.read(await call(this.#client, 'GET', path, { signal: this.ended }));
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
    if (!this.#isReady) {
      this.#isReady = true;
      this.#ready.resolve();
    }
  }

  /** @param {any} error of a list */
  #onFailure(error) {
    if (error?.code === 'ERR_CYCLE_CLOSED' || (!this.#isReady && !isTransient(error))) {
      this.end(error);
    }
    this.report(error);
  }

  /** @param {any} error of the notifications */
  #onError(error) {
    if (this.#socket.connected) {
      // A message could not be read. Nobody knows what it was about.
      this.#listing.invalidate();
      this.report(error);
      return;
    }
    const known = this.#connectionError;
    this.#connectionError = error;
    // It is tried again and again, which may be in vain for as long as this runs.
    if (known?.code !== error.code || known?.status !== error.status) {
      this.report(error);
    }
  }

  #onEnd() {
    this.#ready.reject(this.ended.reason);
    this.#socket.close();
    this.#release();
  }
}

/**
 * Starts a follower once the options are checked, and gives it once its list is there.
 *
 * @template {Follower} F
 * @param {any} options
 * @param {{ topics: string[], durations: import('./socket.mjs').Durations }} settings
 * @param {(access: Access) => F} make
 * @returns {Promise<F>}
 */
async function follow(options, { topics, durations }, make) {
  options.signal?.throwIfAborted();
  const { client, release } = clientOf(options);
  let follower;
  try {
    const socket = socketFor(options, topics, durations);
    follower = make({ client, release, socket, signal: options.signal });
  } catch (error) {
    release();
    throw error;
  }
  await follower.ready;
  return follower;
}

export { Follower, follow };
