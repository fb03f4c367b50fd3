import { isMissing } from './bridge/addon-missing.mjs';

import {
  CALL_ERROR_CAUSE,
  CALL_ERROR_CODE,
  CALL_ERROR_DETAIL,
  CALL_ERROR_HINT,
  CALL_ERROR_SYSCALL,
  CALL_ERROR_TARGET,
} from './bridge/wire.mjs';

const { captureStackTrace } = Error;

/**
 * The call that failed.
 *
 * @typedef {object} Attempt
 * @property {string} method
 * @property {string} path path and query
 * @property {string} socketPath path of the socket, or host and port
 */

/**
 * A failure of the transport.
 *
 * @typedef {object} FailureDetails
 * @property {string} code
 * @property {string} detail
 * @property {string} [hint]
 * @property {unknown} [cause]
 * @property {string} [syscall]
 * @property {number} [errno]
 */

/** How many characters of a path are shown in a message. */
const SHOWN_PATH = 200;

/** Codes of errors whose name is `TimeoutError`. */
const TIMEOUTS = new Set(['ERR_CYCLE_TIMEOUT', 'ERR_CYCLE_HEADERS_TIMEOUT', 'ERR_CYCLE_BODY_TIMEOUT']);

/**
 * A call without a complete answer. A `TypeError`, as in fetch, whose message says what was attempted on which socket.
 */
class TransportError extends TypeError {
  /**
   * @param {FailureDetails} failure
   * @param {Attempt} attempt
   */
  constructor({ code, detail, hint, cause, syscall, errno }, { method, path, socketPath }) {
    super(`${method} ${shorten(path)} on ${socketPath} failed: ${detail}.${hint ? ` ${hint}.` : ''}`, { cause });
    if (TIMEOUTS.has(code)) {
      hide(this, 'name', 'TimeoutError');
    }
    this.code = code;
    // Without the hint: the command line and protocol clients give their own.
    hide(this, 'detail', detail);
    if (syscall) {
      this.errno = errno;
      this.syscall = syscall;
    }
    this.method = method;
    setPath(this, path);
    this.socketPath = socketPath;
  }
}

/** The content codings that are decoded. A body with any other coding is not decoded. */
const KNOWN_CODINGS = ['gzip', 'x-gzip', 'deflate', 'br'];

/**
 * @param {string | null} codings as `Content-Encoding` has them
 * @returns {string | undefined}
 */
function unknownCoding(codings) {
  const names = (codings ?? '').split(',').map((name) => name.trim());
  return names.find((name) => !['', 'identity', ...KNOWN_CODINGS].includes(name.toLowerCase()));
}

/**
 * An answer that should be JSON but is not, or has an unknown content coding. A `SyntaxError`, as `JSON.parse` throws.
 */
class InvalidJsonError extends SyntaxError {
  /**
   * @param {Error} cause
   * @param {Attempt & { status: number, codings: string | null }} attempt
   */
  constructor(cause, { method, path, socketPath, status, codings }) {
    const coding = unknownCoding(codings);
    const start = `${method} ${shorten(path)} on ${socketPath} was answered with status ${status} and `;
    super(
      coding === undefined
        ? `${start}invalid JSON: ${cause.message}. Read it with parseAs: "text" to see what the server sent.`
        : `${start}a body in the content coding ${JSON.stringify(coding)}, which this client does not decode. ` +
            'Let the server send it without coding or as gzip, deflate or br, or read it with parseAs: "arrayBuffer".',
      { cause },
    );
    this.code = coding === undefined ? 'ERR_CYCLE_INVALID_JSON' : 'ERR_CYCLE_BAD_ENCODING';
    this.method = method;
    setPath(this, path);
    this.socketPath = socketPath;
    this.status = status;
  }
}

/** The token cannot be sent in a header. The message does not show it. */
class InvalidTokenError extends TypeError {
  /** @param {Function} called function of the package that the program called; the stack begins with its caller */
  constructor(called) {
    super(
      'The API token is not a string, or has a line break or another character that HTTP does not allow in a header: ' +
        'check where `token` or the environment variable CYCLE_API_TOKEN comes from.',
    );
    this.code = 'ERR_CYCLE_INVALID_HEADER';
    captureStackTrace(this, called);
  }
}

/** There is no token. */
class MissingTokenError extends Error {
  /** @param {Function} called function of the package that the program called; the stack begins with its caller */
  constructor(called) {
    super(
      'No API token: the environment variable CYCLE_API_TOKEN is not set and no `token` was given. ' +
        'The platform sets it in every instance; elsewhere, use the token of the simulator.',
    );
    this.code = 'ERR_CYCLE_MISSING_TOKEN';
    captureStackTrace(this, called);
  }
}

/**
 * Makes a system error like those of Node, to be the cause of an error.
 *
 * @param {{ code: string, syscall: string, errno: number, address: string }} details
 */
function systemError({ code, syscall, errno, address }) {
  return Object.assign(new Error(`${syscall} ${code} ${address}`), { errno, code, syscall, address });
}

/**
 * Makes the error of a call that failed in native code.
 *
 * @param {number} number number of the system error, or 0
 * @param {string[]} texts by the constants `FAILURE_...`
 * @param {import('./bridge/native-client.mjs').Receiver} receiver
 */
function failureOf(number, texts, { client, method, path }) {
  const attempt = { method, path: texts[CALL_ERROR_TARGET] || path, socketPath: client.address };
  const code = texts[CALL_ERROR_CODE];
  const detail = texts[CALL_ERROR_DETAIL];
  const hint = texts[CALL_ERROR_HINT];
  const syscall = texts[CALL_ERROR_SYSCALL];
  if (syscall) {
    const errno = -number;
    const cause = systemError({ code, syscall, errno, address: client.address });
    return new TransportError({ code, detail, hint, cause, syscall, errno }, attempt);
  }
  const cause = Object.assign(new Error(texts[CALL_ERROR_CAUSE]), { code });
  return new TransportError({ code, detail, hint, cause }, attempt);
}

/**
 * Gives a promise that rejects after two microtasks, with which the call's promise is resolved. V8 knows by then which
 * async functions wait for the call, and the stack of the error can name them.
 *
 * @param {unknown} error
 * @param {(error: unknown) => boolean} [isNamed] whether the stack of an error may be changed, as for this package's errors
 * @returns {Promise<never>}
 */
async function rejectSoon(error, isNamed = isOurs) {
  await undefined;
  await undefined;
  if (isNamed(error)) {
    captureStackTrace(/** @type {Error} */ (error), rejectSoon);
  }
  throw error;
}

/**
 * Changes the stack of an error of this package to begin with the functions that wait for `awaited`.
 *
 * @param {unknown} error
 * @param {Function} awaited
 */
function nameCallers(error, awaited) {
  if (isOurs(error)) {
    captureStackTrace(/** @type {Error} */ (error), awaited);
  }
}

/** @param {unknown} error */
function isOurs(error) {
  return error instanceof TransportError || error instanceof InvalidJsonError || isMissing(error);
}

/** @param {string} path */
function shorten(path) {
  return path?.length > SHOWN_PATH ? `${path.slice(0, SHOWN_PATH)}...` : path;
}

/**
 * Sets `path` to the whole path of a call. A long one is not enumerable, so that it is not printed with the error.
 *
 * @param {object & { path?: string }} error
 * @param {string} path
 */
function setPath(error, path) {
  if (path?.length > SHOWN_PATH) {
    hide(error, 'path', path);
  } else {
    error.path = path;
  }
}

/**
 * @param {object} target
 * @param {string} key
 * @param {unknown} value
 */
function hide(target, key, value) {
  Object.defineProperty(target, key, { value, enumerable: false, configurable: true, writable: true });
}

export {
  failureOf,
  InvalidJsonError,
  InvalidTokenError,
  isOurs,
  MissingTokenError,
  nameCallers,
  rejectSoon,
  systemError,
  TransportError,
};
