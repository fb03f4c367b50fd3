/** The exit codes of the command line. */
const exitCodes = Object.freeze({ OK: 0, API_ERROR: 1, USAGE: 2, UNREACHABLE: 3, INTERRUPTED: 130 });

/** The arguments of the command line are wrong. */
class UsageError extends Error {
  /**
   * @param {string} message
   * @param {{ hint?: string, usage?: string }} [more]
   */
  constructor(message, { hint, usage } = {}) {
    super(message);
    this.hint = hint;
    this.usage = usage;
  }
}

/**
 * The exit code for an error.
 *
 * @param {any} error
 */
function exitCodeOf(error) {
  if (typeof error?.exitCode === 'number') {
    return error.exitCode;
  }
  if (error instanceof UsageError || error?.code === 'ERR_CYCLE_PROTOCOL_DECLARATION') {
    return exitCodes.USAGE;
  }
  if (error?.name === 'malformedRequest' && error.cause === undefined) {
    return exitCodes.USAGE;
  }
  const unreachable = ['timeout', 'refused'].includes(error?.name) || error?.cause?.code !== undefined;
  return unreachable || isUnauthorized(error) ? exitCodes.UNREACHABLE : exitCodes.API_ERROR;
}

/** @param {any} error */
function isUnauthorized(error) {
  return error?.name === 'unauthorized' || error?.status === 401;
}

export { exitCodeOf, exitCodes, UsageError };
