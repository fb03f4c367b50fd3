'use strict';

const { askForTapes } = require('./json-tape');

/** Words for tapes: half for those of short answers, half for a part of a long one. */
const SHARED_WORDS = 32 * 1024;

/** @typedef {import('../binding.js').HttpClient} HttpClient */

/** The values of answers whose JSON native code has read. */
class AnswerTapes {
  #reader;
  #nextPart;

  /** @param {HttpClient} http */
  constructor(http) {
    // The function given to native code reaches this object, which therefore must not keep what has that function.
    const weak = new WeakRef(http);
    this.#nextPart = (/** @type {number} */ tape) => weak.deref()?.nextPart(tape) ?? [];
    this.#reader = askForTapes(http, SHARED_WORDS, (shape) => weak.deref()?.shapeKeys(shape) ?? []);
  }

  /** Whether there will be any. */
  get areOfUse() {
    return this.#reader !== undefined;
  }

  /**
   * A batch is there. Its short tapes can be read until there is another, as when an event loop runs inside this one.
   *
   * @returns {number | undefined} its number
   */
  begin() {
    const reader = this.#reader;
    reader?.learn(reader.words[0]);
    return reader?.words[1];
  }

  /**
   * @param {number | undefined} batch its number
   * @param {number} start where in the words the tape begins
   * @param {string | number} body the text, or the number of a tape in parts
   * @returns {any} the value
   * @throws when a part could not be made
   */
  read(batch, start, body) {
    const reader = this.#reader;
    if (typeof body !== 'string') {
      return reader?.readParts(SHARED_WORDS / 2, () => this.#nextPart(body));
    }
    return reader && reader.words[1] === batch ? reader.read(start, body) : JSON.parse(body);
  }
}

module.exports = { AnswerTapes };
