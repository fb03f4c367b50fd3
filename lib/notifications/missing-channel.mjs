import {
  NOTIFICATION_ERROR,
  NOTIFICATION_ERROR_CODE,
  NOTIFICATION_ERROR_MESSAGE,
  NOTIFICATION_ERROR_WIDTH,
  NOTIFICATION_IDLE,
} from '../bridge/wire.mjs';
import { setImmediate } from '../timers.mjs';

/**
 * What stands in the place of the native channel where there is no addon: each attempt to connect fails, and is the last.
 */
class MissingChannel {
  #error;
  /** @type {any[][]} */
  #waiting = [];

  /** @param {Error & { code: string }} error that says why there is none */
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
