/**
 * Makes the error for an argument or option that has a wrong value.
 *
 * @param {string} message
 * @param {ErrorOptions} [options]
 */
function invalidArgument(message, options) {
  return Object.assign(new TypeError(message, options), { code: 'ERR_INVALID_ARG_VALUE' });
}

export { invalidArgument };
