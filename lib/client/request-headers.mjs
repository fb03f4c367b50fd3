import { CONDITIONS } from './plain-request.mjs';

const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** White space that fetch removes from both ends of a value. */
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/**
 * Finds the first header that HTTP does not allow.
 *
 * @param {unknown} headers in any form that openapi-fetch accepts
 * @returns {{ name: string, fault: string } | undefined} without the value, which may be a credential
 */
function findInvalidHeader(headers) {
  if (headers === null || typeof headers !== 'object' || headers instanceof Headers) {
    return undefined;
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) {
      continue;
    }
    if (!NAME.test(name)) {
      return { name, fault: 'the name has a character that HTTP does not allow' };
    }
    const values = Array.isArray(value) ? value : [value];
    if (value !== null && !values.every(isHeaderValue)) {
      return { name, fault: 'the value has a line break or another character that HTTP does not allow' };
    }
  }
  return undefined;
}

/** @param {unknown} value */
function isHeaderValue(value) {
  return typeof value !== 'symbol' && VALUE.test(String(value).replace(OUTER_SPACE, ''));
}

/**
 * The headers with which a request is sent: its own, and those that fetch adds for its cache mode. If middleware has
 * removed the token, it is not sent.
 *
 * @param {Request} request
 * @returns {(string | undefined)[]} name, value, name, value; an undefined value removes the client's default header
 */
function sentHeaders({ headers, cache }) {
  /** @type {(string | undefined)[]} */
  const sent = [...headers].flat();
  if (!headers.has('x-cycle-token')) {
    sent.push('x-cycle-token', undefined);
  }
  const uncached =
    cache === 'no-store' || cache === 'reload' || (cache === 'default' && CONDITIONS.some((name) => headers.has(name)));
  if (uncached) {
    if (!headers.has('pragma')) {
      sent.push('pragma', 'no-cache');
    }
    if (!headers.has('cache-control')) {
      sent.push('cache-control', 'no-cache');
    }
  } else if (cache === 'no-cache' && !headers.has('cache-control')) {
    sent.push('cache-control', 'max-age=0');
  }
  return sent;
}

export { findInvalidHeader, isHeaderValue, sentHeaders };
