import { CONDITIONS } from './plain-request.mjs';

const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** White space that fetch takes off both ends of a value. */
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/**
 * The first header that HTTP does not allow, in any form that openapi-fetch takes headers in.
 *
 * @param {unknown} headers
 * @returns {{ name: string, fault: string } | undefined} never the value: it may be a credential
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
      return { name, fault: 'the name has characters that HTTP does not allow' };
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
 * The headers that a request goes out with: its own, what fetch adds for its cache mode, and no token when it was
 * taken off.
 *
 * @param {Request} request
 * @returns {(string | undefined)[]} name, value, name, value; without a value the client's default is left out
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
