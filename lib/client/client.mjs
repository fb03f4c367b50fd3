import { NativeClient } from '../bridge/native-client.mjs';
import { debug } from '../debug.mjs';
import { InvalidTokenError, MissingTokenError, nameCallers, TransportError } from '../errors.mjs';
import { loadLater } from '../load-later.mjs';
import { NativePromise } from '../natives.mjs';
import { PlainCall } from './plain-call.mjs';
import { plainRequest } from './plain-request.mjs';

const DEFAULT_SOCKET_PATH = '/var/run/cycle/api/api.sock';
const METHODS = /** @type {const} */ (['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);

/**
 * @typedef {import('../../index.js').ClientOptions} ClientOptions
 * @typedef {import('openapi-fetch').Middleware} Middleware
 * @typedef {import('./plain-request.mjs').PlainRequest} PlainRequest
 */

/** What is behind the object that `getClient()` gave. @type {WeakMap<object, Client>} */
const clients = new WeakMap();

/**
 * Makes a client of the internal API. Options and methods are documented in `index.d.ts`.
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
  clients.set(methods, client);
  return /** @type {import('../../index.js').InternalApiClient} */ (/** @type {unknown} */ (methods));
}

/**
 * The socket and the token of a client, for what works beside its calls.
 *
 * @param {any} client
 * @returns {{ socketPath: string, token: string } | undefined} undefined for one that `getClient()` did not make
 */
function accessOf(client) {
  return clients.get(client)?.access;
}

class Client {
  #native;
  #token;
  /** Makes the calls that are not plain. Created with the first of them. @type {import('./general-client.mjs').GeneralClient | undefined} */
  #general;
  /** @type {Promise<void> | undefined} */
  #closing;

  /** @param {ClientOptions} options */
  constructor({ token = process.env.CYCLE_API_TOKEN, socketPath, ...limits }) {
    if (!token) {
      throw new MissingTokenError(getClient);
    }
    if (typeof token !== 'string' || !(isVisible(token) || loadLater().isHeaderValue(token))) {
      throw new InvalidTokenError(getClient);
    }
    const path = socketPath ?? (process.env.CYCLE_API_SOCKET || DEFAULT_SOCKET_PATH);
    if (typeof path !== 'string') {
      const error = new TypeError(
        'getClient: `socketPath` must be a string: the path of the socket in the file system.',
      );
      throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
    }
    this.#token = token;
    this.#native = new NativeClient({
      socketPath: path,
      headers: ['accept', '*/*', 'x-cycle-token', token],
      ...(Object.keys(limits).length > 0 ? loadLater().readLimits(limits) : undefined),
    });
    debug('client for %s', this.#native.address);
  }

  get access() {
    return { socketPath: this.#native.address, token: this.#token };
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
      return Promise.reject(new TransportError(closed, attempt));
    }
    let plain;
    try {
      plain = this.#general?.hasMiddleware ? undefined : plainRequest(method, path, init, this.#native.known);
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
    return new NativePromise((resolve) => {
      const call = new PlainCall(this.#native, method, request, resolve);
      call.start();
    });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {any} init
   */
  async #callGeneral(method, path, init) {
    try {
      return await this.#getGeneral().call(method, path, init);
    } catch (error) {
      nameCallers(error, this.#callGeneral);
      throw error;
    }
  }

  #getGeneral() {
    if (this.#general === undefined) {
      const { GeneralClient } = loadLater();
      this.#general = new GeneralClient(this.#native, this.#token);
    }
    return this.#general;
  }

  /** @param {Middleware[]} middleware */
  use(middleware) {
    this.#getGeneral().use(middleware);
  }

  /** @param {Middleware[]} middleware */
  eject(middleware) {
    this.#general?.eject(middleware);
  }

  close() {
    this.#closing ??= this.#closeWhenIdle();
    return this.#closing;
  }

  async #closeWhenIdle() {
    await this.#general?.idle();
    // Calls with a streamed answer have settled, but their bodies may not have ended.
    await this.#native.idle();
    this.#native.close();
  }
}

/**
 * Whether a text has only visible ASCII characters, like a token.
 *
 * @param {string} text
 */
function isVisible(text) {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) {
      return false;
    }
  }
  return true;
}

export { accessOf, getClient };
