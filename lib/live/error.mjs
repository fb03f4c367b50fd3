import { scopeHints } from './scope-hints.mjs';

/** Codes of failures that stay: a client that was closed stays closed, and a wrong path stays wrong. */
const FOREVER = new Set([
  'ERR_CYCLE_CLOSED',
  'ENAMETOOLONG',
  'EINVAL',
  'ERR_CYCLE_INVALID_JSON',
  'ERR_CYCLE_BAD_ENCODING',
]);

/** What failed in a live part. `code` is stable; the message says what was attempted and what to do. */
class LiveError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
}

/** An answer with an error status. */
class AnswerError extends LiveError {
  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} envelope the answer's body
   * @param {Response} response
   */
  constructor(method, path, envelope, response) {
    const { status } = response;
    const { title, detail, code } = /** @type {any} */ (envelope)?.error ?? {};
    const reason = [title, detail].filter((text) => typeof text === 'string' && text !== '').join(' ');
    const said = `${typeof code === 'string' ? code : status}${reason ? ` (${reason})` : ''}`;
    super('ERR_CYCLE_API', `${method} ${path} was answered with ${said}. ${advice(status, method, path)}`, {
      cause: envelope,
    });
    this.status = status;
    /** The platform's own code, such as `404.ha-service.session`. @type {string | undefined} */
    this.apiCode = typeof code === 'string' ? code : undefined;
    this.method = method;
    this.path = path;
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    /** What the server asked to wait, in milliseconds. @type {number | undefined} */
    this.retryAfterMs = seconds >= 0 ? seconds * 1000 : undefined;
  }
}

/**
 * @param {number} status
 * @param {string} method
 * @param {string} path
 */
function advice(status, method, path) {
  const hint = scopeHints[`${method} ${path}`];
  if (status === 401) {
    return 'Check the token: CYCLE_API_TOKEN, or the option `token`.';
  }
  if (status === 403) {
    return hint ?? "Check the scopes in the container's `runtime.internal_api.scope`.";
  }
  if (status === 429 || status >= 500) {
    return 'It is tried again.';
  }
  return 'The API may be older than this client, or the container may not be permitted this.';
}

/**
 * Whether the same call may succeed a little later.
 *
 * @param {unknown} error
 */
function isTransient(error) {
  if (error instanceof AnswerError) {
    return error.status === 408 || error.status === 425 || error.status === 429 || error.status >= 500;
  }
  // Errors of the transport name the socket.
  const { code, socketPath } = /** @type {any} */ (error ?? {});
  return socketPath !== undefined && !FOREVER.has(code);
}

/**
 * Makes the error for what was not answered in time.
 *
 * @param {string} what method and path
 * @param {number} limit milliseconds
 * @param {unknown} [cause] the failure of the last attempt
 */
function timedOut(what, limit, cause) {
  const reason = /** @type {any} */ (cause)?.message;
  const error = new LiveError(
    'ERR_CYCLE_TIMEOUT',
    `${what} was not answered within ${limit} ms.${reason ? ` The last attempt: ${reason}` : ''}`,
    cause === undefined ? undefined : { cause },
  );
  error.name = 'TimeoutError';
  return error;
}

export { AnswerError, isTransient, LiveError, timedOut };
