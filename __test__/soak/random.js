'use strict';

const { createHash } = require('node:crypto');

/** Letters of payloads. A run of them is never part of a head, so that a fault may change it and leave the framing as it was. */
const LETTERS = 'ABCDEFGHIJKLMNOP';

/** Numbers that look random and are the same for the same seed. */
class Random {
  #state;

  /** @param {...(number | string)} seed */
  constructor(...seed) {
    this.#state = createHash('sha1').update(seed.join('/')).digest().readUInt32LE(0);
  }

  /** A number from 0 up to 1, by the generator that is known as mulberry32. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param {number} limit a whole number from 0 up to this one, which is left out */
  below(limit) {
    return Math.floor(this.next() * limit);
  }

  /** @param {number} share from 0 to 1 */
  chance(share) {
    return this.next() < share;
  }

  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return list[this.below(list.length)];
  }

  /**
   * One of the names, each as often as its weight says.
   *
   * @param {Record<string, number>} weights
   */
  weighted(weights) {
    const names = Object.keys(weights);
    let rest = this.next() * names.reduce((sum, name) => sum + weights[name], 0);
    const found = names.find((name) => {
      rest -= weights[name];
      return rest < 0;
    });
    return found ?? names[0];
  }

  /** Mostly short lengths, sometimes long ones. */
  length() {
    const limit = this.weighted({ 100: 60, 3000: 30, 100000: 9, 800000: 1 });
    return 32 + this.below(Number(limit));
  }

  /** @param {number} length of a payload */
  letters(length) {
    const start = this.below(LETTERS.length);
    const period = LETTERS.slice(start) + LETTERS.slice(0, start) + this.pick(LETTERS);
    return period.repeat(Math.ceil(length / period.length)).slice(0, length);
  }
}

/**
 * A body or notification whose reader can tell whether it came whole: a number, a payload, and the payload's checksum.
 *
 * @param {number} number
 * @param {string} payload
 * @param {object} [more]
 */
function sealed(number, payload, more = {}) {
  return { number, sum: checksum(payload), ...more, payload };
}

/** @param {any} value what came of {@link sealed} */
function isWhole(value) {
  return typeof value?.payload === 'string' && value.sum === checksum(value.payload);
}

/** @param {string} text */
function checksum(text) {
  return createHash('sha1').update(text).digest('hex').slice(0, 12);
}

module.exports = { LETTERS, Random, isWhole, sealed };
