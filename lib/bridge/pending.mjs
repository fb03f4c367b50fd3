/** The initial size of the table. Sizes are powers of two. */
const FIRST_SIZE = 16;

/**
 * The receivers of pending requests, by number. Not a `Map`: when V8 grows a `Map`, the old table stays linked with the new
 * one and keeps its entries in memory. This table takes half the memory and less time.
 *
 * @template T
 */
class Pending {
  /** The last bits of a number are the index of its receiver. @type {(T | undefined)[]} */
  #receivers = Array(FIRST_SIZE).fill(undefined);
  /** @type {number[]} */
  #ids = Array(FIRST_SIZE).fill(0);
  #lastId = 0;
  size = 0;
  /** Called when the last receiver is removed. @type {(() => void) | undefined} */
  onEmpty;

  /**
   * @param {T} receiver
   * @returns {number} its number, which is used again only after billions of requests
   */
  add(receiver) {
    if (this.size === this.#ids.length) {
      this.#grow();
    }
    const mask = this.#ids.length - 1;
    let id = this.#lastId;
    do {
      id = (id + 1) >>> 0;
    } while (this.#receivers[id & mask] !== undefined);
    this.#lastId = id;
    this.#receivers[id & mask] = receiver;
    this.#ids[id & mask] = id;
    this.size += 1;
    return id;
  }

  /**
   * @param {number} id
   * @returns {T | undefined}
   */
  get(id) {
    const place = id & (this.#ids.length - 1);
    return this.#ids[place] === id ? this.#receivers[place] : undefined;
  }

  /**
   * @param {number} id
   * @returns {boolean} whether it was there
   */
  delete(id) {
    if (this.get(id) === undefined) {
      return false;
    }
    this.#receivers[id & (this.#ids.length - 1)] = undefined;
    this.size -= 1;
    if (this.size === 0) {
      this.onEmpty?.();
    }
    return true;
  }

  /** Doubles the size. Numbers that have different indices keep different ones. */
  #grow() {
    const [receivers, ids] = [this.#receivers, this.#ids];
    const size = 2 * ids.length;
    this.#receivers = Array(size).fill(undefined);
    this.#ids = Array(size).fill(0);
    for (let place = 0; place < ids.length; place += 1) {
      this.#receivers[ids[place] & (size - 1)] = receivers[place];
      this.#ids[ids[place] & (size - 1)] = ids[place];
    }
  }
}

export { Pending };
