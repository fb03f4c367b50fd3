import { listen, unlisten } from '../signal.mjs';

/** Work that several callers wait for. It is given up when none of them waits any more. */
class Shared {
  #callers = 0;
  #nobody = new AbortController();
  /** @type {Promise<string>} */
  #result;

  /**
   * @param {(signal: AbortSignal) => Promise<string>} run
   * @param {() => void} onEnd called once, when nobody can join any more
   */
  constructor(run, onEnd) {
    this.#nobody.signal.addEventListener('abort', onEnd, { once: true });
    this.#result = run(this.#nobody.signal).finally(onEnd);
    this.#result.catch(() => {});
  }

  /**
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<string>}
   */
  wait(signal) {
    this.#callers += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal?.reason);
        this.#callers -= 1;
        if (this.#callers === 0) {
          this.#nobody.abort(signal?.reason);
        }
      };
      if (signal) {
        listen(signal, leave);
      }
      this.#result.then(resolve, reject).finally(() => signal && unlisten(signal, leave));
    });
  }
}

export { Shared };
