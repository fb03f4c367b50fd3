/** The most requests that are remembered. */
const MOST = 1000;
/** Longer targets are not remembered, in characters. */
const LONGEST_TARGET = 200;

/** The number of a request that native code has not prepared. */
const UNPREPARED = -1;

/**
 * A request that was made before. Its target needs no check any more.
 *
 * @typedef {object} KnownRequest
 * @property {boolean} sent whether it was sent before without headers and body
 * @property {number} number number of the request that native code has prepared, without headers and body
 */

/** Remembers the requests of a client, because most programs repeat a few. */
class KnownRequests {
  /** By method and target. @type {Map<string, Map<string, KnownRequest>>} */
  #methods = new Map();
  #size = 0;

  /**
   * @param {string} method
   * @param {string} target path and query
   */
  find(method, target) {
    return this.#methods.get(method)?.get(target);
  }

  /**
   * Remembers a request that is not known yet.
   *
   * @param {string} method
   * @param {string} target path and query
   * @returns {KnownRequest | undefined} undefined when there is no room for it
   */
  add(method, target) {
    if (this.#size === MOST || target.length > LONGEST_TARGET) {
      return undefined;
    }
    let targets = this.#methods.get(method);
    if (targets === undefined) {
      targets = new Map();
      this.#methods.set(method, targets);
    }
    const known = { sent: false, number: UNPREPARED };
    targets.set(target, known);
    this.#size += 1;
    return known;
  }

  clear() {
    this.#methods.clear();
    this.#size = 0;
  }
}

export { KnownRequests, UNPREPARED };
