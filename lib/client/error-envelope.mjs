import { parseJson } from '../natives.mjs';

/**
 * The declared error code for a status, used for answers without a body.
 *
 * @type {Record<number, string>}
 */
const CODES = {
  400: '400.invalid-syntax',
  401: '401.auth-invalid',
  403: '403.permissions',
  404: '404.uri',
  409: '409.duplicate-found',
  415: '415.invalid-content-type',
  422: '422.invalid-input',
  429: '429.rate-limiting',
  503: '503.not-ready',
  504: '504.not-available',
};

/**
 * Makes the error for an answer with an error status and no body, in the shape of the platform's `ErrorEnvelope`.
 *
 * @param {number} status
 * @param {string} statusText
 */
function emptyErrorEnvelope(status, statusText) {
  const title = `${statusText || `Status ${status}`} (the answer has no body)`;
  return { data: null, error: { status, code: CODES[status] ?? '500.unknown', title } };
}

/**
 * Reads the `error` of a result from the body of an answer.
 *
 * @param {string | ArrayBuffer} body
 * @param {boolean} noContent
 * @param {Response} response
 */
function errorOf(body, noContent, response) {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  if (response.status >= 400 && text === '') {
    return emptyErrorEnvelope(response.status, response.statusText);
  }
  if (noContent) {
    return undefined;
  }
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

export { emptyErrorEnvelope, errorOf };
