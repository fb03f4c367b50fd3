/** So many requests are kept to see which come again, and so long the target of one may be. */
const MOST = 1000;
const LONGEST_TARGET = 200;

/** A request that native code has no number for. */
const UNPREPARED = -1;

/**
 * What is known of a request: its target is one that native code can be given as it is.
 *
 * @typedef {object} KnownRequest
 * @property {boolean} sent it was sent before, without headers and body
 * @property {number} number what native code knows it by, without headers and body
 */

/** The requests of a client that came before: a program makes the same few again and again. */
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
   * Keeps a request that is not known yet.
   *
   * @param {string} method
   * @param {string} target path and query
   * @returns {KnownRequest | undefined} nothing where there is no room for it
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
