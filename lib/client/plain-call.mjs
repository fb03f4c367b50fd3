import { redirectFlags } from '../bridge/native-client.mjs';
import { FLAG_BYTES } from '../bridge/wire.mjs';
import { reportEnd, reportError, reportStart } from '../debug.mjs';
import { InvalidJsonError, rejectSoon } from '../errors.mjs';
import { parseJson } from '../natives.mjs';
import { listen, unlisten } from '../signal.mjs';
import { errorOf } from './error-envelope.mjs';
import { fieldOf, ReadResponse } from './read-response.mjs';
import { isOk } from './response.mjs';

/** The base of every path. The host has no meaning. */
const BASE_URL = 'http://localhost';

/**
 * A plain call: one that needs no `Request`, no `Headers` and no middleware.
 *
 * @implements {Receiver}
 * @typedef {import('../bridge/native-client.mjs').Receiver} Receiver
 * @typedef {import('../bridge/native-client.mjs').NativeClient} NativeClient
 * @typedef {import('./plain-request.mjs').PlainRequest} PlainRequest
 */
class PlainCall {
  client;
  method;
  path;
  known;
  /** Set only when diagnostics channels have subscribers. @type {import('node:async_hooks').AsyncResource | undefined} */
  context;
  #request;
  #resolve;
  #id = -1;
  /** @type {(() => void) | undefined} */
  #onAbort;

  /**
   * @param {NativeClient} client
   * @param {string} method
   * @param {PlainRequest} request
   * @param {(result: unknown) => void} resolve
   */
  constructor(client, method, request, resolve) {
    this.client = client;
    this.method = method;
    this.path = request.target;
    this.known = request.known;
    this.#request = request;
    this.#resolve = resolve;
  }

  start() {
    const { headers, body, parseAs, signal, redirect } = this.#request;
    const form = parseAs === 'json' ? this.client.jsonFlag : parseAs === 'arrayBuffer' ? FLAG_BYTES : 0;
    const bits = form | redirectFlags[redirect];
    reportStart(this);
    this.#id = this.client.request(this, undefined, headers, body, bits);
    if (signal) {
      const onAbort = () => this.#abort();
      this.#onAbort = this.context ? this.context.bind(onAbort) : onAbort;
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
          ? { data: noContent ? undefined : parsed ? body : this.#parse(body, status, head), response }
          : { error: errorOf(body, noContent, response), response },
      );
    } catch (error) {
      this.#resolve(rejectSoon(error));
    }
  }

  /**
   * @param {any} body
   * @param {number} status
   * @param {string} head
   */
  #parse(body, status, head) {
    if (this.#request.parseAs !== 'json') {
      return body;
    }
    // As in openapi-fetch: an empty body is undefined without a `Content-Length`, and invalid JSON with one.
    if (body === '' && fieldOf(head, 'content-length') === null) {
      return undefined;
    }
    let value;
    try {
      value = parseJson(body);
    } catch (error) {
      const { method, path, client } = this;
      const codings = fieldOf(head, 'content-encoding');
      const attempt = { method, path, socketPath: client.address, status, codings };
      throw new InvalidJsonError(/** @type {Error} */ (error), attempt);
    }
    this.client.parsed(body.length);
    return value;
  }

  /** @param {any} error */
  failed(error) {
    this.#settle();
    reportError(this, error);
    this.#resolve(rejectSoon(error));
  }
}

export { BASE_URL, PlainCall };
