import {
  NOTIFICATION_ERROR,
  NOTIFICATION_ERROR_CODE,
  NOTIFICATION_ERROR_MESSAGE,
  NOTIFICATION_ERROR_WIDTH,
  NOTIFICATION_IDLE,
} from '../bridge/wire.mjs';
import { setImmediate } from '../timers.mjs';

/**
 * Replaces the native channel when the addon is missing. Connecting fails with the reason, and is not repeated.
 */
class MissingChannel {
  #error;
  /** @type {any[][]} */
  #waiting = [];

  /** @param {Error & { code: string }} error why the addon is missing */
  constructor(error) {
    this.#error = error;
  }

  /** @param {(item: any) => void} deliver */
  connect(deliver) {
    /** @type {any[]} */
    const event = [NOTIFICATION_ERROR];
    event[NOTIFICATION_ERROR_CODE] = this.#error.code;
    event[NOTIFICATION_ERROR_MESSAGE] = this.#error.message;
    event[NOTIFICATION_ERROR_WIDTH] = this.#error;
    this.#waiting = [event, [NOTIFICATION_IDLE]];
    setImmediate(() => {
      const item = this.take();
      if (item) {
        deliver(item);
      }
    });
  }

  close() {
    this.#waiting = [[NOTIFICATION_IDLE]];
  }

  take() {
    return this.#waiting.shift() ?? null;
  }

  askForTapes() {}

  /** @returns {string[]} */
  shapeKeys() {
    return [];
  }

  ref() {}

  unref() {}
}

export { MissingChannel };
