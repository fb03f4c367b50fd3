/** Receivers before there is more room; a power of two, as every size is. */
const FIRST_SIZE = 16;

/**
 * The receivers of requests that are not over, by the numbers of these. Not a `Map`: each time V8 makes room in one, the
 * table of before is linked with the next, and so whatever it held stays in memory until all of it is collected.
 *
 * @template T
 */
class Pending {
  /** The receiver of a number is where its last bits say. @type {(T | undefined)[]} */
  #receivers = Array(FIRST_SIZE).fill(undefined);
  /** @type {number[]} */
  #ids = Array(FIRST_SIZE).fill(0);
  #lastId = 0;
  size = 0;
  /** Called whenever none is left. @type {(() => void) | undefined} */
  onEmpty;

  /**
   * @param {T} receiver
   * @returns {number} a number that none had, or not for billions of requests
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

  /** Doubles the room. Numbers that differ in their last bits still do when there is one more. */
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
