import { InvalidJsonError, TransportError } from '../errors.mjs';
import { absolutePath, warnAboutCall } from '../unknown-names.mjs';
import { emptyErrorEnvelope } from './error-envelope.mjs';
import { createFetch } from './fetch.mjs';
import { BASE_URL } from './plain-call.mjs';
import { getOpenapiFetch } from './plain-request.mjs';
import { getRequestClass } from './request.mjs';
import { findInvalidHeader } from './request-headers.mjs';

/** @typedef {import('openapi-fetch').Middleware} Middleware */

/** Makes calls of any kind with openapi-fetch's own client over this package's fetch, so that it behaves the same. */
class GeneralClient {
  #native;
  /** @type {any} */
  #client;
  /** @type {Middleware[]} */
  #middleware = [];
  /** The response that openapi-fetch reads, by the `fetch` of its call. @type {WeakMap<object, Response>} */
  #answers = new WeakMap();
  #inFlight = 0;
  /** Called when no call is in flight any more. */
  #onIdle = () => {};

  /**
   * @param {import('../bridge/native-client.mjs').NativeClient} native
   * @param {string} token
   */
  constructor(native, token) {
    this.#native = native;
    this.#client = getOpenapiFetch().default({
      baseUrl: BASE_URL,
      headers: { 'X-CYCLE-TOKEN': token },
      Request: /** @type {any} */ (getRequestClass()),
    });
    // The middleware that is added first sees the answer last. If the call fails after it, reading the body has failed.
    this.#client.use({
      onResponse: (/** @type {any} */ { options, response }) => void this.#answers.set(options.fetch, response),
    });
  }

  /** Whether there is middleware, so that every call must be made here. */
  get hasMiddleware() {
    return this.#middleware.length > 0;
  }

  /** @param {Middleware[]} middleware */
  use(middleware) {
    this.#client.use(...middleware);
    this.#middleware.push(...middleware.filter(Boolean));
  }

  /** @param {Middleware[]} middleware */
  eject(middleware) {
    this.#client.eject(...middleware);
    for (const one of middleware) {
      const index = this.#middleware.indexOf(one);
      if (index !== -1) {
        this.#middleware.splice(index, 1);
      }
    }
  }

  /**
   * @param {string} method
   * @param {string} givenPath
   * @param {any} givenInit
   */
  async call(method, givenPath, givenInit) {
    const path = absolutePath(method, givenPath);
    // Copied once, before the call is counted: the caller's properties may be getters that throw or change.
    const init = { ...givenInit };
    warnAboutCall(method, path, init);
    const attempt = { method, path, socketPath: this.#native.address };
    const options = this.#callInit(init);
    this.#inFlight += 1;
    try {
      const invalid = findInvalidHeader(init.headers) ?? findInvalidHeader(init.params?.header);
      if (invalid) {
        const detail = `invalid header ${JSON.stringify(invalid.name)}: ${invalid.fault}`;
        throw new TransportError({ code: 'ERR_CYCLE_INVALID_HEADER', detail }, attempt);
      }
      return withErrorEnvelope(await this.#client.request(method, path, options));
    } catch (error) {
      const response = this.#answers.get(options.fetch);
      if (error instanceof SyntaxError && response) {
        const { status, url, headers } = response;
        const codings = headers.get('content-encoding');
        throw new InvalidJsonError(error, { ...attempt, path: pathOf(url) ?? path, status, codings });
      }
      throw error;
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) {
        this.#onIdle();
      }
    }
  }

  /**
   * Waits until every call has settled. No call may be made after it.
   *
   * @returns {Promise<void>}
   */
  idle() {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#inFlight === 0) {
        resolve();
      }
    });
  }

  /**
   * Gives each call a `fetch` of its own, by which its answer is found. This one heeds the signal even if middleware
   * replaces the request. A `fetch` that the caller gives gets a standard `Request`.
   *
   * @param {any} init
   */
  #callInit(init) {
    if (init.fetch) {
      return init.Request ? init : { Request, ...init };
    }
    return { ...init, fetch: createFetch(this.#native, init.signal) };
  }
}

/**
 * Path and query of a URL; undefined for a text that is not a URL.
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
 * Adds an error to a result of openapi-fetch that has an error status and no body.
 *
 * @param {any} result
 */
function withErrorEnvelope(result) {
  const { error, response } = result;
  if (!error && 'error' in result && response.status >= 400 && (error === undefined || error === '')) {
    result.error = emptyErrorEnvelope(response.status, response.statusText);
  }
  return result;
}

export { GeneralClient };
