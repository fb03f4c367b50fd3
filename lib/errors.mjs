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
 * What was attempted when a call failed.
 *
 * @typedef {object} Attempt
 * @property {string} method
 * @property {string} path path and query
 * @property {string} socketPath or host and port
 */

/**
 * What the transport says of a failure.
 *
 * @typedef {object} FailureDetails
 * @property {string} code
 * @property {string} detail
 * @property {string} [hint]
 * @property {unknown} [cause]
 * @property {string} [syscall]
 * @property {number} [errno]
 */

/** So much of a path is in a message: a query may be longer than any screen. */
const SHOWN_PATH = 200;

/** Codes of errors whose name is `TimeoutError`. */
const TIMEOUTS = new Set(['ERR_CYCLE_TIMEOUT', 'ERR_CYCLE_HEADERS_TIMEOUT', 'ERR_CYCLE_BODY_TIMEOUT']);

/**
 * A call that got no complete answer. A `TypeError`, as fetch rejects with, that also says what was attempted where.
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
    // Without what to do about it: that differs between a client and a command line.
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

/** Codings of a body that are undone; one that has any other is given as it came. */
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
 * An answer that says it is JSON and is not, or is in a coding that is not known. A `SyntaxError`, as `JSON.parse` throws.
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
            'Let the server send it as it is or as gzip, deflate or br, or read it with parseAs: "arrayBuffer".',
      { cause },
    );
    this.code = coding === undefined ? 'ERR_CYCLE_INVALID_JSON' : 'ERR_CYCLE_BAD_ENCODING';
    this.method = method;
    setPath(this, path);
    this.socketPath = socketPath;
    this.status = status;
  }
}

/** A token that can't be sent. The message does not show it. */
class InvalidTokenError extends TypeError {
  /** @param {Function} called by the program: the stack begins with who called it */
  constructor(called) {
    super(
      'The API token is no text, or has a line break or another character that HTTP does not allow in a header: ' +
        'look at where `token` or the environment variable CYCLE_API_TOKEN comes from.',
    );
    this.code = 'ERR_CYCLE_INVALID_HEADER';
    captureStackTrace(this, called);
  }
}

/** The token is missing where one is needed. */
class MissingTokenError extends Error {
  /** @param {Function} called by the program: the stack begins with who called it */
  constructor(called) {
    super(
      'No API token: the environment variable CYCLE_API_TOKEN is not set and no `token` was given. ' +
        'The platform sets it in every instance; outside of one, take the token of the simulator.',
    );
    this.code = 'ERR_CYCLE_MISSING_TOKEN';
    captureStackTrace(this, called);
  }
}

/**
 * The system error behind a failure, as Node's own errors look.
 *
 * @param {{ code: string, syscall: string, errno: number, address: string }} details
 */
function systemError({ code, syscall, errno, address }) {
  return Object.assign(new Error(`${syscall} ${code} ${address}`), { errno, code, syscall, address });
}

/**
 * The error of a call that native code gave up.
 *
 * @param {number} number of the system's error
 * @param {string[]} texts
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
 * Rejects soon. A call is resolved with this promise, so that the stack of its error names the async functions that wait
 * for the call: the engine knows them once this function has waited for two ticks.
 *
 * @param {unknown} error
 * @param {(error: unknown) => boolean} [isNamed] whether the stack of an error may be changed: it is one of ours
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
 * Gives an error of ours a stack that begins with who waits for a function.
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
 * The whole path of a call; where it is long it is there to be read, and not printed with the error.
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
