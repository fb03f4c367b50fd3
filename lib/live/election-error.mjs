import { AnswerError, LiveError } from './error.mjs';

/** The setting of a container without which it holds no elections. */
const SETTING = 'config.deploy.ha_elections.stale_primary_deadline';

/**
 * @param {string} why
 * @param {unknown} [cause]
 */
function leaseLost(why, cause) {
  return new LiveError(
    'ERR_CYCLE_LEASE_LOST',
    `This instance is no longer the primary: ${why}.`,
    cause === undefined ? undefined : { cause },
  );
}

/**
 * @param {string} path of the check-in
 * @param {number} limit milliseconds
 */
function tooLate(path, limit) {
  const message = `POST ${path} was not answered within ${Math.round(limit)} ms, so that the answer no longer counts.`;
  return new LiveError('ERR_CYCLE_LEASE_LATE', message);
}

/**
 * The error for a container without elections, where an answer says so.
 *
 * @param {unknown} error
 */
function electionsOff(error) {
  if (error instanceof AnswerError && error.status === 404) {
    return noElections(error);
  }
  return undefined;
}

/** @param {unknown} [cause] */
function noElections(cause) {
  return new LiveError(
    'ERR_CYCLE_ELECTIONS_OFF',
    `This container holds no elections: set \`${SETTING}\` of the container to 15s or more.`,
    cause === undefined ? undefined : { cause },
  );
}

export { electionsOff, leaseLost, noElections, SETTING, tooLate };
