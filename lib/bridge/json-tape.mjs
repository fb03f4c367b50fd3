/**
 * Makes values from JSON text that native code has scanned. Native code writes a tape: 32-bit words that say what comes
 * next and where in the text it is. The result is that of `JSON.parse`, in a quarter of its time, because for each shape
 * of object there is a function with one object literal.
 */

import { parseJson, stringifyJson } from '../natives.mjs';
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

const { defineProperty } = Object;

/** How many objects of a shape are made before a function is compiled for it. */
const RARE = 8;
/** The most functions that are kept, for all sources together. */
const MAX_FACTORIES = 1024;

/** The functions that make objects, by the code of the object literal. @type {Map<string, () => object>} */
const factories = new Map();

// The state of reading. Only one value is read at a time, and no code of the program runs meanwhile.
/** @type {Int32Array} */
let words = new Int32Array(0);
let at = 0;
/** The current piece of the text. */
let text = '';
/** The pieces of a long text that belong to the current part of its tape. @type {string[]} */
let pieces = [];
let nextPiece = 0;
/** Makes native code write the next part of a long tape, and gives the pieces of text for it. @type {() => string[]} */
let nextPart;
/** Where in the words each part begins. */
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
  // Saves memory: an array literal has room for its elements only, while an array that grows reserves room for 16.
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
  const extraKeys = words[at++];
  const object = builders[shape]();
  for (let index = 0; index < extraKeys; index += 1) {
    define(object, read(), read());
  }
  return object;
}

/** The descriptor for {@link define}. It has no prototype: a program may have added a getter to `Object.prototype`. */
const MEMBER = Object.assign(Object.create(null), {
  value: /** @type {unknown} */ (undefined),
  writable: true,
  enumerable: true,
  configurable: true,
});

/**
 * Sets a member as `JSON.parse` does: for any name, and whatever a program did to `Object.prototype`.
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
 * Makes a function that reads an object with these members. Native code has checked that their keys are plain names.
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

/** Whether tapes are faster: functions can be compiled from text, and the engine is V8, as in Node and Deno. */
function isTapeOfUse() {
  try {
    return process.versions.v8 !== undefined && !process.versions.bun && Function('return true')();
  } catch {
    return false;
  }
}

/** Reads the tapes of one source. Each source has its own numbers for the shapes of objects. */
class TapeReader {
  #keysOf;
  /** The function that makes an object, by the number of its shape. @type {(() => object)[]} */
  #builders = [];
  /** The words that native code writes. */
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
   * Makes builders for new shapes. Must be called before reading a tape that uses them.
   *
   * @param {number} shapes how many shapes there are
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
          // Compiling may be forbidden since the program started. This function does the same, more slowly.
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
   * Reads the value of a tape.
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
   * Reads the value of a long text, whose tape comes in parts.
   *
   * @param {number} start where in the words each part begins
   * @param {() => string[]} getPart makes native code write the next part, and gives the pieces of text for it
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
 * @returns the reader; undefined where tapes are not faster
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
