import { ProtocolError } from './error.mjs';

// Kept here because a program or its test runner may replace it later.
const { parse: parseJson } = JSON;

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
  let json;
  try {
    json = JSON.stringify(params, refuseLosses);
  } catch (error) {
    throw refuse(`they cannot be sent as JSON: ${/** @type {Error} */ (error).message}`, error);
  }
  // JSON.stringify escapes a lone surrogate, which is not valid Unicode and which servers cannot decode.
  if (/\\ud[89a-f]/.test(json) && !isWellFormed(parseJson(json))) {
    throw refuse('they contain text that is not valid Unicode');
  }
  return json;
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

export { paramsToJson };
