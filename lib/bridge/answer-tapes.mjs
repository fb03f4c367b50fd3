import { parseJson } from '../natives.mjs';
import { askForTapes } from './json-tape.mjs';
import { SHARED_BATCH, SHARED_PART, SHARED_SHAPES, SHARED_WORDS } from './wire.mjs';

/**
 * @typedef {import('../../binding.js').HttpClient} HttpClient
 * @typedef {NonNullable<ReturnType<typeof askForTapes>>} TapeReader
 */

/** Makes the values of answers from the tapes that native code has written for their JSON. */
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
   * Begins a batch. Its short tapes can be read until the next batch, which comes earlier if an event loop is run inside
   * a callback.
   *
   * @returns {number} number of the batch
   */
  begin() {
    const { words } = this.#reader;
    this.#reader.learn(words[SHARED_SHAPES]);
    return words[SHARED_BATCH];
  }

  /**
   * @param {number | undefined} batch number of the batch
   * @param {number} start where in the words the tape begins
   * @param {string | number} body the text, or the number of a tape in parts
   * @returns {any} the value
   * @throws when native code cannot make a part
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
 * @returns {AnswerTapes | undefined} undefined where tapes are not faster
 */
function askForAnswerTapes(http) {
  // Weak: native code keeps the function that refers to the result, which would otherwise keep the client alive.
  const weak = new WeakRef(http);
  const reader = askForTapes(http, SHARED_WORDS, (shape) => weak.deref()?.shapeKeys(shape) ?? []);
  return reader && new AnswerTapes(reader, (tape) => weak.deref()?.nextPart(tape) ?? []);
}

export { askForAnswerTapes };
