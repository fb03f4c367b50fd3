import { InvalidJsonError, TransportError } from '../errors.mjs';
import { absolutePath, warnAboutCall } from '../unknown-names.mjs';
import { emptyErrorEnvelope } from './error-envelope.mjs';
import { createFetch } from './fetch.mjs';
import { BASE_URL } from './plain-call.mjs';
import { getOpenapiFetch } from './plain-request.mjs';
import { getRequestClass } from './request.mjs';
import { findInvalidHeader } from './request-headers.mjs';

/** @typedef {import('openapi-fetch').Middleware} Middleware */

/** Calls of any kind, through openapi-fetch with our fetch underneath: its semantics have one source. */
class GeneralClient {
  #native;
  /** @type {any} */
  #client;
  /** @type {Middleware[]} */
  #middleware = [];
  /** What openapi-fetch was last given to read, by the fetch of its call. @type {WeakMap<object, Response>} */
  #answers = new WeakMap();
  /** Calls that are not over. */
  #inFlight = 0;
  /** Called whenever none is left. */
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
    // The first to be registered is the last to see the answer: what fails after it is the reading of the body.
    this.#client.use({
      onResponse: (/** @type {any} */ { options, response }) => void this.#answers.set(options.fetch, response),
    });
  }

  /** Whether there is middleware, through which every call has to go. */
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
    // Read once, before the call counts: a property of the caller's may throw, or be another the next time.
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
   * Waits until every call has settled. None may follow.
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
   * A call has a fetch of its own: the answer is found by it. A signal is heeded even where a middleware replaces the
   * request; a fetch of the caller's own gets a plain `Request` that carries it.
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
 * A result of openapi-fetch with an error where the answer says there is one.
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
