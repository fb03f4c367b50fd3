import { redirectFlags } from '../bridge/native-client.mjs';
import { isSignal } from '../signal.mjs';

/** Headers that make a request conditional. Fetch then adds headers that ask caches for a fresh answer. */
const CONDITIONS = ['if-modified-since', 'if-none-match', 'if-unmodified-since', 'if-match', 'if-range'];

/** The methods that fetch refuses. */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** Characters, besides letters and digits, that URL parsing does not change in path and query. */
const PLAIN_MARKS = '/-_.?&=%:@~!$()*+,;[]';

/** @typedef {typeof import('openapi-fetch', { with: { 'resolution-mode': 'import' } })} OpenapiFetch */

/** @type {OpenapiFetch | undefined} */
let openapiFetch;

/** Loads openapi-fetch the first time. Most plain calls do not need it. @returns {OpenapiFetch} */
function getOpenapiFetch() {
  openapiFetch ??= loadOpenapiFetch();
  return /** @type {OpenapiFetch} */ (openapiFetch);
}

/** @returns {any} */
function loadOpenapiFetch() {
  try {
    return require('openapi-fetch');
  } catch (error) {
    // Without a free file descriptor Node says that the package is missing, and Node 20 repeats that from then on. So its
    // file is loaded by its path; if it cannot be read, the error says why.
    const { existsSync } = require('node:fs');
    const folders = require.resolve.paths('openapi-fetch') ?? [];
    const file = folders.map((folder) => `${folder}/openapi-fetch/dist/index.cjs`).find(existsSync);
    if (!file) {
      throw error;
    }
    return require(file);
  }
}

/** @type {(query: any) => string} */
let serializeQuery = (query) => {
  serializeQuery = getOpenapiFetch().createQuerySerializer();
  return serializeQuery(query);
};

/**
 * The request of a plain call: one that needs no `Request`, no `Headers` and no middleware.
 *
 * @typedef {object} PlainRequest
 * @property {string} target
 * @property {import('../bridge/known-requests.mjs').KnownRequest | undefined} known
 * @property {(string | undefined)[] | undefined} headers
 * @property {string | undefined} body
 * @property {'json' | 'text' | 'arrayBuffer'} parseAs
 * @property {AbortSignal | undefined} signal
 * @property {'follow' | 'manual' | 'error'} redirect
 */

/**
 * Gives the plain form of a call, or undefined when it has none and must be made by openapi-fetch.
 *
 * @param {string} method
 * @param {string} path
 * @param {any} init
 * @param {import('../bridge/known-requests.mjs').KnownRequests} requests the client's earlier requests
 * @returns {PlainRequest | undefined}
 */
function plainRequest(method, path, init, requests) {
  if (FORBIDDEN_METHODS.has(method)) {
    return undefined;
  }
  /** @type {PlainRequest} */
  const plain = {
    target: path,
    known: undefined,
    headers: undefined,
    body: undefined,
    parseAs: 'json',
    signal: undefined,
    redirect: 'follow',
  };
  let query;
  let headers;
  let body;
  for (const key in init) {
    // As in openapi-fetch, inherited properties are not options.
    if (!Object.hasOwn(init, key)) {
      continue;
    }
    const value = init[key];
    if (value === undefined) {
      continue;
    }
    switch (key) {
      case 'params':
        if (value === null || hasOther(value)) {
          return undefined;
        }
        if (value.path) {
          plain.target = getOpenapiFetch().defaultPathSerializer(path, value.path);
        }
        query = value.query;
        break;
      case 'body':
        if (!isJsonBody(value) || method === 'GET' || method === 'HEAD') {
          return undefined;
        }
        body = value;
        break;
      case 'headers':
        headers = plainHeaders(value);
        if (headers === undefined) {
          return undefined;
        }
        break;
      case 'parseAs':
        if (value !== 'json' && value !== 'text' && value !== 'arrayBuffer') {
          return undefined;
        }
        plain.parseAs = value;
        break;
      case 'signal':
        if (!isSignal(value)) {
          return undefined;
        }
        plain.signal = value;
        break;
      case 'redirect':
        if (!Object.hasOwn(redirectFlags, value)) {
          return undefined;
        }
        plain.redirect = value;
        break;
      default:
        return undefined;
    }
  }
  if (query) {
    const search = serializeQuery(query);
    if (search) {
      plain.target += `?${search.startsWith('?') ? search.slice(1) : search}`;
    }
  }
  plain.known = requests.find(method, plain.target);
  if (plain.known === undefined) {
    if (!isLeftAsItIs(plain.target)) {
      return undefined;
    }
    plain.known = requests.add(method, plain.target);
  }
  if (body !== undefined) {
    if (headers?.includes('content-type')) {
      return undefined;
    }
    plain.body = JSON.stringify(body);
    if (plain.body !== undefined) {
      headers = ['content-type', 'application/json', ...(headers ?? [])];
    }
  }
  plain.headers = headers;
  return plain;
}

/**
 * Whether `params` contains anything but path and query.
 *
 * @param {Record<string, unknown>} params
 */
function hasOther(params) {
  for (const key in params) {
    if (key !== 'path' && key !== 'query' && params[key] !== undefined) {
      return true;
    }
  }
  return false;
}

/**
 * Whether URL parsing would not change this path and query: no dot segments, nothing to percent-encode. A loop, because
 * compiling a regular expression would make the first call slower.
 *
 * @param {string} target
 */
function isLeftAsItIs(target) {
  for (let i = 0; i < target.length; i += 1) {
    const code = target.charCodeAt(i);
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
    const isDigit = code >= 48 && code <= 57;
    if (!isLetter && !isDigit && !PLAIN_MARKS.includes(target[i])) {
      return false;
    }
  }
  return target[0] === '/' && !target.includes('/.') && !(target.includes('%') && /%2e/i.test(target));
}

/**
 * Whether openapi-fetch serialises this body by `JSON.stringify` alone.
 *
 * @param {unknown} body
 */
function isJsonBody(body) {
  if (typeof body !== 'object' || body === null) {
    return true;
  }
  const prototype = Object.getPrototypeOf(body);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/**
 * Flattens headers that are a plain object of single values: lower-case name, value, and so on. Undefined for any other
 * form.
 *
 * @param {any} headers
 * @returns {(string | undefined)[] | undefined}
 */
function plainHeaders(headers) {
  if (headers === null || typeof headers !== 'object' || Object.getPrototypeOf(headers) !== Object.prototype) {
    return undefined;
  }
  const flat = [];
  const seen = new Set();
  for (const key of Object.keys(headers)) {
    const value = headers[key];
    const name = key.toLowerCase();
    if (value === undefined) {
      continue;
    }
    const unusual = (value !== null && typeof value === 'object') || typeof value === 'symbol';
    if (unusual || seen.has(name) || CONDITIONS.includes(name)) {
      return undefined;
    }
    seen.add(name);
    flat.push(name, value === null ? undefined : String(value));
  }
  return flat;
}

export { CONDITIONS, getOpenapiFetch, plainRequest };
