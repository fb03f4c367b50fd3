/** Lists come at least so often in the time that a certificate has left: every hour from 30 days on, every two minutes in the last day. */
const LISTS_UNTIL_EXPIRY = 720;

/** However little time is left, lists do not come more often, in milliseconds. */
const SHORTEST = 60_000;

/**
 * How long to wait before asking for certificates again. All in milliseconds.
 *
 * @param {number} left until the first one expires; Infinity without one, negative when it has expired
 * @param {number} pollMs the longest
 */
function listInterval(left, pollMs) {
  return Math.min(pollMs, Math.max(SHORTEST, left / LISTS_UNTIL_EXPIRY));
}

export { listInterval };
