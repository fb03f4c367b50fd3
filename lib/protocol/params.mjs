import { parseJson, stringifyJson } from '../natives.mjs';
import { ProtocolError } from './error.mjs';

/** Says why a value cannot be sent. */
class Unsendable extends Error {}

/**
 * Converts the params of a call to JSON; undefined when there are none.
 *
 * @param {import("./definition.mjs").DefinedProtocol} definition
 * @param {[string, string]} endpoint
 * @param {unknown} params
 */
function paramsToJson({ engine }, [group, endpoint], params) {
  /** @param {string} reason @param {unknown} [cause] */
  const refuse = (reason, cause) => new ProtocolError(parseJson(engine.unreadable(group, endpoint, reason)), cause);
  if (params === undefined || params === null) {
    return undefined;
  }
  if (typeof params !== 'object' || Array.isArray(params)) {
    throw refuse(`params must be an Object, not ${Array.isArray(params) ? 'an Array' : `a ${typeof params}`}`);
  }
  try {
    return losslessJson(params);
  } catch (error) {
    throw refuse(`they ${/** @type {Error} */ (error).message}`, /** @type {Error} */ (error).cause);
  }
}

/**
 * Converts a value to JSON that says all that it does.
 *
 * @param {object} value
 * @throws {Unsendable} with a message such as "cannot be sent as JSON: ..."
 */
function losslessJson(value) {
  let json;
  try {
    json = stringifyJson(value, refuseLosses);
  } catch (error) {
    throw new Unsendable(`cannot be sent as JSON: ${messageOf(error)}`, { cause: error });
  }
  // JSON.stringify escapes a lone surrogate, which is not valid Unicode and which servers cannot decode.
  if (/\\ud[89a-f]/.test(json) && !isWellFormed(parseJson(json))) {
    throw new Unsendable('contain text that is not valid Unicode');
  }
  return json;
}

/**
 * Gives the text of whatever a getter of the program threw.
 *
 * @param {any} error
 */
function messageOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return 'what was thrown has no text';
  }
}

/**
 * Refuses values that JSON would change without an error.
 *
 * @param {string} key
 * @param {unknown} value
 */
function refuseLosses(key, value) {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${key} is ${value}, which is not a finite number`);
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`${key} is a ${typeof value}`);
  }
  return value;
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isWellFormed(value) {
  if (typeof value === 'string') {
    return !/\p{Surrogate}/u.test(value);
  }
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  return Object.entries(value).every(([key, inner]) => isWellFormed(key) && isWellFormed(inner));
}

export { losslessJson, paramsToJson };
