import { FAULT_CODE, FAULT_MESSAGE, FAULT_WIDTH, NOTIFICATION_FAULT, NOTIFICATION_IDLE } from '../bridge/wire.mjs';
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
    const fault = [NOTIFICATION_FAULT];
    fault[FAULT_CODE] = this.#error.code;
    fault[FAULT_MESSAGE] = this.#error.message;
    fault[FAULT_WIDTH] = this.#error;
    this.#waiting = [fault, [NOTIFICATION_IDLE]];
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

  hold() {}

  release() {}
}

export { MissingChannel };
