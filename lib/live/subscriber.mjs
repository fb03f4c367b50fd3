import { deferred } from './deferred.mjs';
import { isTransient } from './error.mjs';
import { clientOf } from './options.mjs';
import { LivePart } from './part.mjs';
import { socketFor } from './socket.mjs';

/**
 * What a subscriber works with.
 *
 * @typedef {object} Access
 * @property {any} client
 * @property {() => void} release
 * @property {import('../notifications/socket.mjs').NotificationSocket} socket
 * @property {AbortSignal | undefined} signal
 */

/** A live part that notifications tell when to ask for lists. What it does with them is in the methods that begin with `on`. */
class Subscriber extends LivePart {
  #client;
  #release;
  #socket;
  /** Why notifications do not come; undefined when they do, or when the server just left. @type {any} */
  #connectionError;
  #ready = deferred();
  #isReady = false;

  /** @param {Access} access */
  constructor({ client, release, socket, signal }) {
    super(signal);
    this.#client = client;
    this.#release = release;
    this.#socket = socket;
    socket.on('open', () => {
      this.#connectionError = undefined;
      this.onOpen();
    });
    socket.on('notification', (notification) => this.onNotification(notification));
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', () => this.ended.aborted || this.onDisconnected());
    this.ended.addEventListener('abort', () => this.#onEnd(), { once: true });
  }

  /** Connects. Called once everything is there that the events need. @internal */
  subscribe() {
    this.#socket.connect();
  }

  /** Resolves once all lists are there. @internal */
  get ready() {
    return this.#ready.promise;
  }

  /** All lists are there. @internal */
  complete() {
    this.#isReady = true;
    this.#ready.resolve();
  }

  /** @internal */
  get client() {
    return this.#client;
  }

  /** @internal */
  get connectionError() {
    return this.#connectionError;
  }

  /** It is connected. Notifications from before may have been lost. @internal */
  onOpen() {}

  /** @internal @param {any} _notification */
  onNotification(_notification) {}

  /** A message could not be read. Nobody knows what it was about. @internal */
  onUnreadable() {}

  /** Notifications do not come. @internal */
  onDisconnected() {}

  /** It is over. @internal */
  onEnd() {}

  /**
   * Ends with this failure of a list if the next list would fail too: at the start, or without a client.
   *
   * @internal
   * @param {any} error
   * @returns {boolean} whether it has ended
   */
  endsBy(error) {
    if (error?.code === 'ERR_CYCLE_CLOSED' || (!this.#isReady && !isTransient(error))) {
      this.end(error);
    }
    return this.ended.aborted;
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

  /** @param {any} error of the notifications */
  #onError(error) {
    if (this.#socket.connected) {
      this.onUnreadable();
      this.report(error);
      return;
    }
    const known = this.#connectionError;
    this.#connectionError = error;
    this.onDisconnected();
    // It is tried again and again, which may be in vain for as long as this runs.
    if (known?.code !== error.code || known?.status !== error.status) {
      this.report(error);
    }
  }

  #onEnd() {
    this.onEnd();
    this.#ready.reject(this.ended.reason);
    this.#socket.close();
    this.#release();
  }
}

/**
 * Starts a subscriber once the options are checked, and gives it once its lists are there.
 *
 * @template {Subscriber} S
 * @param {any} options
 * @param {{ topics: string[], durations: import('./socket.mjs').Durations }} settings
 * @param {(access: Access) => S} make
 * @returns {Promise<S>}
 */
async function follow(options, { topics, durations }, make) {
  options.signal?.throwIfAborted();
  const { client, release } = clientOf(options);
  let subscriber;
  try {
    const socket = socketFor(options, topics, durations);
    subscriber = make({ client, release, socket, signal: options.signal });
  } catch (error) {
    release();
    throw error;
  }
  await subscriber.ready;
  return subscriber;
}

export { follow, Subscriber };
