import { setImmediate } from '../timers.mjs';
import { FAULT, IDLE } from './events.mjs';

/**
 * What stands in the place of the native channel where there is no addon: each attempt to connect fails, and is the last.
 */
class MissingChannel {
  #error;
  #commands = 0;
  /** @type {any[][]} */
  #waiting = [];

  /** @param {Error & { code: string }} error that says why there is none */
  constructor(error) {
    this.#error = error;
  }

  /** @param {(item: any) => void} deliver */
  connect(deliver) {
    const { code, message } = this.#error;
    this.#commands += 1;
    this.#waiting = [
      [FAULT, code, message, undefined, undefined, undefined, undefined, this.#error],
      [IDLE, this.#commands],
    ];
    setImmediate(() => {
      const item = this.take();
      if (item) {
        deliver(item);
      }
    });
  }

  close() {
    this.#commands += 1;
    this.#waiting = [[IDLE, this.#commands]];
  }

  take() {
    return this.#waiting.shift() ?? null;
  }

  askForTapes() {}

  /** @returns {string[]} */
  shapeKeys() {
    return [];
  }

  rest() {}

  hold() {}

  release() {}
}

export { MissingChannel };
