/**
 * Makes values out of JSON text that native code has read already: it gives a tape, words that say what comes next and
 * where in the text. This does what `JSON.parse` does, in a quarter of its time, because each kind of object has a
 * function that makes it whole.
 */

import {
  TAG_ARRAY,
  TAG_BITS,
  TAG_DOUBLE,
  TAG_ESCAPED,
  TAG_FALSE,
  TAG_MASK,
  TAG_NEXT,
  TAG_NULL,
  TAG_OBJECT,
  TAG_PIECE,
  TAG_SMALL,
  TAG_STRING,
  TAG_TRUE,
} from './wire.mjs';

// As they are now: a program may replace them later.
const { parse: parseJson, stringify: stringifyJson } = JSON;
const { defineProperty } = Object;

/** So many objects of a kind are made before it has a function of its own. */
const RARE = 8;
/** So many functions are kept for all sources together. */
const MAX_FACTORIES = 1024;

/** What makes objects, by their members. @type {Map<string, () => object>} */
const factories = new Map();

// What is being read. One value is read at a time, and no code of the user runs meanwhile.
/** @type {Int32Array} */
let words = new Int32Array(0);
let at = 0;
/** The current piece of the text. */
let text = '';
/** The pieces of a long text, as far as they are there. @type {string[]} */
let pieces = [];
let nextPiece = 0;
/** Gets the next part of a long tape, and the pieces it is about. @type {() => string[]} */
let nextPart;
/** Where in the words such a part begins. */
let partStart = 0;
/** @type {(() => object)[]} */
let builders = [];

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** @returns {any} */
function read() {
  const word = words[at++];
  switch (word & TAG_MASK) {
    case TAG_STRING: {
      const start = words[at++];
      return text.substring(start, start + (word >>> TAG_BITS));
    }
    case TAG_SMALL:
      return word >> TAG_BITS;
    case TAG_NULL:
      return null;
    case TAG_TRUE:
      return true;
    case TAG_FALSE:
      return false;
    case TAG_ARRAY:
      return readArray(word >>> TAG_BITS);
    case TAG_OBJECT:
      return readObject(word >>> TAG_BITS);
    case TAG_DOUBLE:
      halves[0] = words[at++];
      halves[1] = words[at++];
      return double[0];
    case TAG_ESCAPED: {
      const start = words[at++];
      return parseJson(text.substring(start, start + (word >>> TAG_BITS)));
    }
    case TAG_PIECE:
      return pieces[nextPiece++];
    case TAG_NEXT:
      takePiece();
      return read();
    default:
      takePart();
      return read();
  }
}

function takePiece() {
  text = pieces[nextPiece++];
}

function takePart() {
  pieces = nextPart();
  nextPiece = 0;
  at = partStart;
}

/**
 * @param {number} length
 * @returns {any[]}
 */
function readArray(length) {
  // A literal has room for its elements and no more; an array that grows has room for 16.
  switch (length) {
    case 0:
      return [];
    case 1:
      return [read()];
    case 2:
      return [read(), read()];
    case 3:
      return [read(), read(), read()];
    case 4:
      return [read(), read(), read(), read()];
  }
  const array = [];
  for (let index = 0; index < length; index += 1) {
    array[index] = read();
  }
  return array;
}

/** @param {number} shape */
function readObject(shape) {
  const others = words[at++];
  const object = builders[shape]();
  for (let index = 0; index < others; index += 1) {
    define(object, read(), read());
  }
  return object;
}

/** How a member is set. It inherits nothing: a program may have given `Object.prototype` a getter. */
const MEMBER = Object.assign(Object.create(null), {
  value: /** @type {unknown} */ (undefined),
  writable: true,
  enumerable: true,
  configurable: true,
});

/**
 * Sets a member as `JSON.parse` does, whatever its name and whatever was done to `Object.prototype`.
 *
 * @param {object} object
 * @param {string} key
 * @param {unknown} value
 */
function define(object, key, value) {
  MEMBER.value = value;
  defineProperty(object, key, MEMBER);
  MEMBER.value = undefined;
}

/**
 * A function that reads an object with these members. Their keys are plain names: native code sees to that.
 *
 * @param {string} members code of an object literal
 */
function createFactory(members) {
  const factory = Function('read', `return () => ({ ${members} });`)(read);
  if (factories.size < MAX_FACTORIES) {
    factories.set(members, factory);
  }
  return factory;
}

/** Whether tapes are of use: functions can be made of text, and the engine is the one they were measured with. */
function isTapeOfUse() {
  try {
    return process.versions.v8 !== undefined && !process.versions.bun && Function('return true')();
  } catch {
    return false;
  }
}

/** Reads the tapes of one source, which numbers the kinds of objects it has seen. */
class TapeReader {
  #keysOf;
  /** For each kind of object, what makes one. @type {(() => object)[]} */
  #builders = [];
  /** What native code writes into. */
  words;

  /**
   * @param {number} size words that native code may write
   * @param {(shape: number) => string[]} keysOf
   */
  constructor(size, keysOf) {
    this.words = new Int32Array(size);
    this.#keysOf = keysOf;
  }

  /**
   * Gets to know the kinds of objects up to this number. That comes before reading a tape that has them.
   *
   * @param {number} shapes how many there are
   */
  learn(shapes) {
    for (let shape = this.#builders.length; shape < shapes; shape += 1) {
      this.#builders[shape] = this.#createBuilder(shape);
    }
  }

  /** @param {number} shape */
  #createBuilder(shape) {
    const keys = this.#keysOf(shape);
    const members = keys.map((key) => `${stringifyJson(key)}: read()`).join(', ');
    const known = factories.get(members);
    if (known) {
      return known;
    }
    let seen = 0;
    return () => {
      seen += 1;
      if (seen === RARE) {
        try {
          this.#builders[shape] = createFactory(members);
        } catch {
          // A program may forbid code made of text while it runs. This function does the same, more slowly.
        }
      }
      const object = {};
      for (const key of keys) {
        define(object, key, read());
      }
      return object;
    };
  }

  /**
   * The value of a tape.
   *
   * @param {number} start where in the words the tape begins
   * @param {string} whole the text
   */
  read(start, whole) {
    words = this.words;
    at = start;
    text = whole;
    builders = this.#builders;
    return read();
  }

  /**
   * The value of a long text, whose tape comes in parts.
   *
   * @param {number} start where in the words each part begins
   * @param {() => string[]} getPart has the next part written, and gives the pieces of the text for it
   */
  readParts(start, getPart) {
    nextPart = getPart;
    partStart = start;
    takePart();
    const value = this.read(start, '');
    pieces = [];
    text = '';
    return value;
  }
}

/**
 * Asks a native source for tapes from now on.
 *
 * @param {{ askForTapes(shared: Uint32Array): void }} source
 * @param {number} size words that it may write
 * @param {(shape: number) => string[]} keysOf
 * @returns the reader; nothing where tapes are of no use
 */
function askForTapes(source, size, keysOf) {
  if (!isTapeOfUse()) {
    return undefined;
  }
  const reader = new TapeReader(size, keysOf);
  source.askForTapes(new Uint32Array(reader.words.buffer));
  return reader;
}

export { askForTapes };
