import { EventEmitter } from 'node:events';
import { loadLater } from '../load-later.mjs';

/** @typedef {import('./types.js').NotificationSocketOptions} NotificationSocketOptions */

/**
 * Emits the notifications of the platform. Documented in `index.d.ts`.
 *
 * The code behind it is loaded with the first socket, because many programs that load the package never make one.
 */
class NotificationSocket extends EventEmitter {
  #stream;

  /** @param {NotificationSocketOptions & { captureRejections?: boolean }} [options] */
  constructor(options = {}) {
    super(options.captureRejections === undefined ? undefined : { captureRejections: options.captureRejections });
    const { NotificationStream } = loadLater();
    this.#stream = new NotificationStream(this, options);
  }

  get connected() {
    return this.#stream.connected;
  }

  connect() {
    this.#stream.connect();
    return this;
  }

  close() {
    this.#stream.close();
  }

  ref() {
    this.#stream.ref();
    return this;
  }

  unref() {
    this.#stream.unref();
    return this;
  }

  /** @param {{ gaps?: boolean }} [options] */
  iterate(options) {
    return this.#stream.iterate(options);
  }

  [Symbol.asyncIterator]() {
    return this.#stream.iterate();
  }

  async [Symbol.asyncDispose]() {
    await this.#stream.dispose();
  }
}

/** @param {NotificationSocketOptions} [options] */
function connectNotifications(options) {
  return new NotificationSocket(options).connect();
}

export { connectNotifications, NotificationSocket };
