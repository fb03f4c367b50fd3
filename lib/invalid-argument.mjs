/**
 * Makes the error for an argument or option that has a wrong value.
 *
 * @param {string} message
 * @param {ErrorOptions} [options]
 */
function invalidArgument(message, options) {
  return Object.assign(new TypeError(message, options), { code: 'ERR_INVALID_ARG_VALUE' });
}

/**
 * Makes the error for an argument or option of a wrong type.
 *
 * @param {string} message
 */
function wrongType(message) {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

/**
 * Makes the error for a number that is too small, too large, or none.
 *
 * @param {string} message
 */
function outOfRange(message) {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}

export { invalidArgument, outOfRange, wrongType };
