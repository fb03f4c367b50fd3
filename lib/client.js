'use strict';

const { debug, reportEnd, reportError, reportStart } = require('./debug');
const { NativeClient, flags, redirectFlags } = require('./native-client');
const { CONDITIONS, findInvalidHeader, isHeaderValue } = require('./request-headers');
const { ReadResponse, isOk } = require('./read-response');
const { listen, unlisten } = require('./signal');

const DEFAULT_SOCKET_PATH = '/var/run/cycle/api/api.sock';
const BASE_URL = 'http://localhost';
const METHODS = /** @type {const} */ (['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);

/** What fetch refuses to send. */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** A path and query that URL parsing leaves as they are: no dot segments, nothing to be percent-encoded. */
const PLAIN_TARGET = /^\/(?!.*(?:\/\.|%2e))[\w\-.~!$&()*+,;=:@%/?[\]]*$/i;

/**
 * @typedef {import('../index').ClientOptions} ClientOptions
 * @typedef {import('openapi-fetch').Middleware} Middleware
 * @typedef {typeof import('openapi-fetch', { with: { 'resolution-mode': 'import' } })} OpenapiFetch
 */

/** Loaded when something fails. */
const errors = () => require('./errors');

/** @type {OpenapiFetch | undefined} */
let openapiFetch;

/** @returns {OpenapiFetch} */
function getOpenapiFetch() {
  openapiFetch ??= /** @type {OpenapiFetch} */ (/** @type {unknown} */ (require('openapi-fetch')));
  return openapiFetch;
}

/** @type {(query: any) => string} */
let serializeQuery = (query) => {
  serializeQuery = getOpenapiFetch().createQuerySerializer();
  return serializeQuery(query);
};

/**
 * A client of the internal API. The documentation of its options and methods is in `index.d.ts`.
 *
 * @param {ClientOptions} [options]
 */
function getClient(options = {}) {
  const client = new Client(options);
  /** @type {Record<string | symbol, unknown>} */
  const methods = {
    /** @type {(method: string, path: string, init?: any) => Promise<unknown>} */
    request: (method, path, init) => client.call(method.toUpperCase(), path, init),
    use: (/** @type {Middleware[]} */ ...middleware) => client.use(middleware),
    eject: (/** @type {Middleware[]} */ ...middleware) => client.eject(middleware),
    close: () => client.close(),
    [Symbol.asyncDispose]: () => client.close(),
  };
  for (const method of METHODS) {
    methods[method] = (/** @type {string} */ path, /** @type {any} */ init) => client.call(method, path, init);
  }
  return /** @type {import('../index').InternalApiClient} */ (/** @type {unknown} */ (methods));
}

class Client {
  #native;
  #token;
  /** What goes through openapi-fetch; made when it is first needed. @type {any} */
  #general;
  /** @type {Middleware[]} */
  #middleware = [];
  #generalCalls = 0;
  /** What openapi-fetch was last given to read, by the fetch of its call. @type {WeakMap<object, Response>} */
  #answers = new WeakMap();
  /** @type {(() => void) | undefined} */
  #whenIdle;
  /** @type {Promise<void> | undefined} */
  #closing;

  /** @param {ClientOptions} options */
  constructor({ token = process.env.CYCLE_API_TOKEN, socketPath, ...limits }) {
    if (!token) {
      throw new (errors().MissingTokenError)();
    }
    if (typeof token !== 'string' || !isHeaderValue(token)) {
      throw new (errors().InvalidTokenError)();
    }
    this.#token = token;
    const { retry, timeoutMs, maxConnections, maxResponseBytes } = limits;
    const retries = typeof retry === 'number' ? { retries: retry } : retry;
    this.#native = new NativeClient({
      socketPath: socketPath ?? (process.env.CYCLE_API_SOCKET || DEFAULT_SOCKET_PATH),
      headers: ['accept', '*/*', 'x-cycle-token', token],
      maxConnections: positive('maxConnections', maxConnections, 2 ** 32 - 1),
      maxResponseBytes: positive('maxResponseBytes', maxResponseBytes, Infinity),
      timeoutMs: positive('timeoutMs', timeoutMs, Infinity),
      retries: positive('retry.retries', retries?.retries, 2 ** 32 - 1, 0),
      retryBaseDelayMs: positive('retry.baseDelayMs', retries?.baseDelayMs, Infinity, 0),
      retryMaxDelayMs: positive('retry.maxDelayMs', retries?.maxDelayMs, Infinity, 0),
    });
    debug('client for %s', this.#native.address);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {any} init
   * @returns {Promise<unknown>}
   */
  call(method, path, init) {
    if (this.#closing) {
      const attempt = { method, path, socketPath: this.#native.address };
      const closed = {
        code: 'ERR_CYCLE_CLOSED',
        detail: 'the client is closed',
        hint: 'Make a new one with getClient()',
      };
      return Promise.reject(new (errors().TransportError)(closed, attempt));
    }
    let plain;
    try {
      plain = this.#middleware.length === 0 ? plainRequest(method, path, init) : undefined;
    } catch (error) {
      return Promise.reject(error);
    }
    return plain ? this.#callPlain(method, plain) : this.#callGeneral(method, path, init);
  }

  /**
   * @param {string} method
   * @param {PlainRequest} request
   */
  #callPlain(method, request) {
    const { signal } = request;
    if (signal?.aborted) {
      return Promise.reject(signal.reason);
    }
    return new Promise((resolve, reject) => {
      const call = new PlainCall(this, this.#native, method, request, resolve, reject);
      call.start();
    });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {any} init
   */
  async #callGeneral(method, path, init) {
    this.#generalCalls += 1;
    const attempt = { method, path, socketPath: this.#native.address };
    const options = this.#generalInit(init);
    try {
      const invalid = findInvalidHeader(init?.headers) ?? findInvalidHeader(init?.params?.header);
      if (invalid) {
        const detail = `invalid header ${JSON.stringify(invalid.name)}: ${invalid.fault}`;
        throw new (errors().TransportError)({ code: 'ERR_CYCLE_INVALID_HEADER', detail }, attempt);
      }
      this.#general ??= this.#createGeneral();
      const result = await this.#general.request(method, path, options);
      return withErrorEnvelope(result);
    } catch (error) {
      const response = this.#answers.get(options.fetch);
      if (error instanceof SyntaxError && response) {
        const { status, url } = response;
        throw new (errors().InvalidJsonError)(error, { ...attempt, path: pathOf(url) ?? path, status });
      }
      throw error;
    } finally {
      this.#generalCalls -= 1;
      this.settled();
    }
  }

  #createGeneral() {
    const { getRequestClass } = require('./fetch');
    const client = getOpenapiFetch().default({
      baseUrl: BASE_URL,
      headers: { 'X-CYCLE-TOKEN': this.#token },
      Request: /** @type {any} */ (getRequestClass()),
    });
    // The first to be registered is the last to see the answer: what fails after it is the reading of the body.
    client.use({ onResponse: ({ options, response }) => void this.#answers.set(options.fetch, response) });
    client.use(...this.#middleware);
    return client;
  }

  /**
   * A call has a fetch of its own: the answer is found by it. A signal is heeded even where a middleware replaces the
   * request; a fetch of the caller's own gets a plain `Request` that carries it.
   *
   * @param {any} init
   */
  #generalInit(init) {
    if (init?.fetch) {
      return init.Request ? init : { Request, ...init };
    }
    const { createFetch } = require('./fetch');
    return { ...init, fetch: createFetch(this.#native, init?.signal) };
  }

  /** @param {Middleware[]} middleware */
  use(middleware) {
    this.#general ??= this.#createGeneral();
    this.#general.use(...middleware);
    this.#middleware.push(...middleware.filter(Boolean));
  }

  /** @param {Middleware[]} middleware */
  eject(middleware) {
    this.#general?.eject(...middleware);
    for (const one of middleware) {
      const index = this.#middleware.indexOf(one);
      if (index !== -1) {
        this.#middleware.splice(index, 1);
      }
    }
  }

  close() {
    this.#closing ??= new Promise((/** @type {(nothing: void) => void} */ resolve) => {
      this.#whenIdle = () => resolve();
      this.settled();
    }).then(() => this.#native.close());
    return this.#closing;
  }

  /** Called when a call ended: a client that is being closed waits for its last. */
  settled() {
    if (this.#whenIdle && this.#generalCalls === 0 && this.#native.inFlight === 0) {
      this.#whenIdle();
    }
  }
}

/**
 * A call that needs no `Request`, no `Headers` and no middleware.
 *
 * @typedef {object} PlainRequest
 * @property {string} target
 * @property {(string | undefined)[] | undefined} headers
 * @property {string | undefined} body
 * @property {'json' | 'text' | 'arrayBuffer'} parseAs
 * @property {AbortSignal | undefined} signal
 * @property {'follow' | 'manual' | 'error'} redirect
 */

/**
 * The plain form of a call, or nothing when it is unusual: then openapi-fetch itself takes it.
 *
 * @param {string} method
 * @param {string} path
 * @param {any} init
 * @returns {PlainRequest | undefined}
 */
function plainRequest(method, path, init) {
  if (FORBIDDEN_METHODS.has(method)) {
    return undefined;
  }
  /** @type {PlainRequest} */
  const plain = {
    target: path,
    headers: undefined,
    body: undefined,
    parseAs: 'json',
    signal: undefined,
    redirect: 'follow',
  };
  let query;
  let headers;
  let hasBody = false;
  for (const key in init) {
    const value = init[key];
    if (value === undefined) {
      continue;
    }
    switch (key) {
      case 'params':
        if (value === null || value.header !== undefined) {
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
        hasBody = true;
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
  if (!isPlainTarget(plain.target)) {
    return undefined;
  }
  if (hasBody) {
    if (headers?.includes('content-type')) {
      return undefined;
    }
    plain.body = JSON.stringify(init.body);
    if (plain.body !== undefined) {
      headers = ['content-type', 'application/json', ...(headers ?? [])];
    }
  }
  plain.headers = headers;
  return plain;
}

/** Targets that were found plain; a program asks for the same few again and again. @type {Set<string>} */
const plainTargets = new Set();
const MAX_PLAIN_TARGETS = 1000;
const MAX_REMEMBERED_LENGTH = 200;

/** @param {string} target */
function isPlainTarget(target) {
  if (plainTargets.has(target)) {
    return true;
  }
  const plain = PLAIN_TARGET.test(target);
  if (plain && target.length <= MAX_REMEMBERED_LENGTH && plainTargets.size < MAX_PLAIN_TARGETS) {
    plainTargets.add(target);
  }
  return plain;
}

/**
 * Whether `JSON.stringify` is all that openapi-fetch does to this body.
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
 * Headers given as a plain object of single values, flat and with lower-case names; undefined for any other form.
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

/** @param {any} value */
function isSignal(value) {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function'
  );
}

/**
 * @implements {Receiver}
 * @typedef {import('./native-client').Receiver} Receiver
 */
class PlainCall {
  client;
  method;
  path;
  #owner;
  #request;
  #resolve;
  #reject;
  #id = -1;
  /** @type {(() => void) | undefined} */
  #onAbort;

  /**
   * @param {Client} owner
   * @param {NativeClient} client
   * @param {string} method
   * @param {PlainRequest} request
   * @param {(result: unknown) => void} resolve
   * @param {(reason: unknown) => void} reject
   */
  constructor(owner, client, method, request, resolve, reject) {
    this.#owner = owner;
    this.client = client;
    this.method = method;
    this.path = request.target;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start() {
    const { headers, body, parseAs, signal, redirect } = this.#request;
    const form = parseAs === 'json' ? this.client.jsonFlag : parseAs === 'arrayBuffer' ? flags.BYTES : 0;
    const bits = form | redirectFlags[redirect];
    reportStart(this);
    this.#id = this.client.request(this, undefined, headers, body, bits);
    if (signal) {
      this.#onAbort = () => this.#abort();
      listen(signal, this.#onAbort);
    }
  }

  #abort() {
    this.client.cancel(this.#id);
    this.failed(this.#request.signal?.reason);
  }

  #settle() {
    const { signal } = this.#request;
    if (signal && this.#onAbort) {
      unlisten(signal, this.#onAbort);
    }
    this.#owner.settled();
  }

  /**
   * @param {number} status
   * @param {string} head
   * @param {any} body
   * @param {boolean} noContent
   * @param {boolean} [parsed] the body is the value of its JSON
   */
  done(status, head, body, noContent, parsed = false) {
    this.#settle();
    reportEnd(this, status);
    const response = new ReadResponse(
      { status, head, url: BASE_URL + this.path },
      noContent ? (this.method === 'HEAD' ? 'none' : 'empty') : 'read',
    );
    try {
      this.#resolve(
        isOk(status)
          ? { data: noContent ? undefined : parsed ? body : this.#parse(body, status), response }
          : { error: errorOf(body, noContent, response), response },
      );
    } catch (error) {
      this.#reject(error);
    }
  }

  /**
   * @param {any} body
   * @param {number} status
   */
  #parse(body, status) {
    if (this.#request.parseAs !== 'json') {
      return body;
    }
    if (body === '') {
      return undefined;
    }
    let value;
    try {
      value = JSON.parse(body);
    } catch (error) {
      const attempt = { method: this.method, path: this.path, socketPath: this.client.address, status };
      throw new (errors().InvalidJsonError)(/** @type {Error} */ (error), attempt);
    }
    this.client.parsed(body.length);
    return value;
  }

  /** @param {any} error */
  failed(error) {
    this.#settle();
    reportError(this, error);
    this.#reject(error);
  }
}

/**
 * Path and query of a URL; nothing where there is no URL.
 *
 * @param {string} url
 */
function pathOf(url) {
  if (!URL.canParse(url)) {
    return undefined;
  }
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/**
 * The `error` of a result, from the body of its answer.
 *
 * @param {string | ArrayBuffer} body
 * @param {boolean} noContent
 * @param {Response} response
 */
function errorOf(body, noContent, response) {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  if (response.status >= 400 && text === '') {
    return require('./error-envelope').emptyErrorEnvelope(response.status, response.statusText);
  }
  if (noContent) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * A result of openapi-fetch with an error where the answer says there is one.
 *
 * @param {any} result
 */
function withErrorEnvelope(result) {
  const { error, response } = result;
  if (!error && 'error' in result && response.status >= 400 && (error === undefined || error === '')) {
    result.error = require('./error-envelope').emptyErrorEnvelope(response.status, response.statusText);
  }
  return result;
}

/**
 * @param {string} name
 * @param {number | undefined} value
 * @param {number} most
 * @param {number} [least]
 */
function positive(name, value, most, least = 1) {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    const error = new RangeError(`getClient: \`${name}\` must be a number of at least ${least}, not ${String(value)}.`);
    throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
  }
  return value;
}

module.exports = { getClient };
