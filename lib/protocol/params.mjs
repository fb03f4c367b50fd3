import { ProtocolError } from './error.mjs';

// As it is now: a program or its test runner may replace it later.
const { parse: parseJson } = JSON;

/**
 * The params of a call as JSON; nothing where there are none.
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
    throw refuse(`params are one Object, not ${Array.isArray(params) ? 'an Array' : `a ${typeof params}`}`);
  }
  let json;
  try {
    json = JSON.stringify(params, refuseLosses);
  } catch (error) {
    throw refuse(`they cannot be sent as JSON: ${/** @type {Error} */ (error).message}`, error);
  }
  // A surrogate without its partner is escaped by JSON.stringify and means nothing to anyone.
  if (/\\ud[89a-f]/.test(json) && !isWellFormed(parseJson(json))) {
    throw refuse('they hold text that is not valid Unicode');
  }
  return json;
}

/**
 * Values that JSON would quietly change are refused.
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
