import { askForTapes } from './json-tape.mjs';
import { SHARED_BATCH, SHARED_PART, SHARED_SHAPES, SHARED_WORDS } from './wire.mjs';

// As it is now: a program may replace it later.
const { parse: parseJson } = JSON;

/**
 * @typedef {import('../../binding.js').HttpClient} HttpClient
 * @typedef {NonNullable<ReturnType<typeof askForTapes>>} TapeReader
 */

/** The values of answers whose JSON native code has read. */
class AnswerTapes {
  #reader;
  #nextPart;

  /**
   * @param {TapeReader} reader
   * @param {(tape: number) => string[]} nextPart
   */
  constructor(reader, nextPart) {
    this.#reader = reader;
    this.#nextPart = nextPart;
  }

  /**
   * A batch is there. Its short tapes can be read until there is another, as when an event loop runs inside this one.
   *
   * @returns {number} its number
   */
  begin() {
    const { words } = this.#reader;
    this.#reader.learn(words[SHARED_SHAPES]);
    return words[SHARED_BATCH];
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
      return reader.readParts(SHARED_PART, () => this.#nextPart(body));
    }
    return reader.words[SHARED_BATCH] === batch ? reader.read(start, body) : parseJson(body);
  }
}

/**
 * Asks a client for tapes from now on.
 *
 * @param {HttpClient} http
 * @returns {AnswerTapes | undefined} nothing where they are of no use
 */
function askForAnswerTapes(http) {
  // The function given to native code reaches the result, which therefore must not keep what has that function.
  const weak = new WeakRef(http);
  const reader = askForTapes(http, SHARED_WORDS, (shape) => weak.deref()?.shapeKeys(shape) ?? []);
  return reader && new AnswerTapes(reader, (tape) => weak.deref()?.nextPart(tape) ?? []);
}

export { askForAnswerTapes };
