import { loadLater } from '../load-later.mjs';
import { NativePromise, parseJson } from '../natives.mjs';
import { loadNative } from './addon.mjs';
import { isMissing } from './addon-missing.mjs';
import { deliver } from './deliver.mjs';
import { KnownRequests, UNPREPARED } from './known-requests.mjs';
import { Pending } from './pending.mjs';
import { FLAG_JSON, FLAG_REDIRECT_ERROR, FLAG_REDIRECT_MANUAL } from './wire.mjs';

/** How many characters of JSON are parsed by `JSON.parse` before tapes are used. */
const WARM_UP = 64 * 1024;

/** @type {Record<string, number>} */
const redirectFlags = { follow: 0, manual: FLAG_REDIRECT_MANUAL, error: FLAG_REDIRECT_ERROR };

/**
 * @typedef {import('./deliver.mjs').Receiver} Receiver
 * @typedef {import('./deliver.mjs').Incoming} Incoming
 * @typedef {import('../../binding-tools.js').HttpClient} HttpClient
 */

/**
 * Sends requests by one native client, and gives each answer to its receiver.
 */
class NativeClient {
  /** Undefined while the addon is missing. @type {HttpClient | undefined} */
  #http;
  #options;
  #load;
  /** @type {Pending<Receiver>} */
  #pending = new Pending();
  /** Characters of JSON that are still parsed before tapes are used. */
  #cold = WARM_UP;
  /** @type {Incoming} */
  #incoming = { lastHead: '', tapes: undefined };
  /** @type {string} */
  address;
  known = new KnownRequests();

  /**
   * @param {import('../../binding.js').HttpClientOptions} options
   * @param {() => any} [load] gives the addon; to call endpoints, the one with the tools
   */
  constructor(options, load = loadNative) {
    this.#options = options;
    this.#load = load;
    this.address = options.socketPath ?? `${options.host}:${options.port}`;
    try {
      this.#http = this.#open();
    } catch (error) {
      // The calls report the error. Each tries to load the addon again: there may only have been no free descriptor.
      if (!isMissing(error)) {
        throw error;
      }
    }
  }

  /** @returns {HttpClient} */
  #open() {
    const { HttpClient } = this.#load();
    const pending = this.#pending;
    const incoming = this.#incoming;
    return new HttpClient(this.#options, (/** @type {any[]} */ ...batch) => deliver(batch, pending, incoming));
  }

  /** The flag for a call whose answer is JSON: asks for a tape if tapes are used. */
  get jsonFlag() {
    return this.#incoming.tapes ? FLAG_JSON : 0;
  }

  /**
   * Notes that an answer was parsed by `JSON.parse`.
   *
   * @param {number} length characters of its text
   */
  parsed(length) {
    if (this.#cold > 0) {
      this.#cold -= length;
      if (this.#cold <= 0) {
        this.#askForTapes();
      }
    }
  }

  #askForTapes() {
    try {
      this.#incoming.tapes = loadLater().askForAnswerTapes(/** @type {any} */ (this.#http));
    } catch {
      // The code for tapes could not be loaded: there may be no free descriptor. It is tried again later.
      this.#cold = WARM_UP;
    }
  }

  /** Closes the connections. No request may be sent after it. */
  close() {
    this.#http?.close();
    this.known.clear();
    this.#incoming.tapes = undefined;
  }

  /** The number of requests that have not got their last event. */
  get inFlight() {
    return this.#pending.size;
  }

  /**
   * Waits until every request has got its last event. No request may be sent after it.
   *
   * @returns {Promise<void>}
   */
  idle() {
    return new NativePromise((resolve) => {
      this.#pending.onEmpty = resolve;
      if (this.inFlight === 0) {
        resolve();
      }
    });
  }

  /**
   * @param {Receiver} receiver
   * @param {string | undefined} authority host and port of the URL; `localhost` unless given
   * @param {(string | undefined)[] | undefined} headers name, value, name, value; without a value the header is removed
   * @param {string | Uint8Array | undefined} body
   * @param {number} flagBits
   * @returns {number} the number of the request
   */
  request(receiver, authority, headers, body, flagBits) {
    const id = this.#pending.add(receiver);
    let http;
    try {
      http = this.#http ??= this.#open();
    } catch (error) {
      void this.#failSoon(id, error);
      return id;
    }
    const bare = authority === undefined && headers === undefined && body === undefined;
    try {
      const number = bare ? this.#prepare(http, receiver) : UNPREPARED;
      if (number === UNPREPARED) {
        http.request(id, receiver.method, authority, receiver.path, headers, body, flagBits);
      } else {
        http.send(id, number, flagBits);
      }
    } catch (error) {
      this.#pending.delete(id);
      throw error;
    }
    return id;
  }

  /**
   * Calls an endpoint of a protocol, if its address is that of this client.
   *
   * @param {Receiver & { id: number }} receiver gets the number of the call as `id`
   * @param {import('../../binding-tools.js').ProtocolCaller} caller
   * @param {number} endpoint number of its command
   * @param {string | undefined} given params, as JSON
   * @param {number} timeoutMs
   * @param {boolean} describes whether to return a description of the request
   * @returns {any} the description, also when the call could not begin; else undefined
   */
  callEndpoint(receiver, caller, endpoint, given, timeoutMs, describes) {
    this.#http ??= this.#open();
    const id = this.#pending.add(receiver);
    receiver.id = id;
    const bits = this.jsonFlag | FLAG_REDIRECT_MANUAL;
    let begun = false;
    try {
      const told = this.#http.callEndpoint(id, caller, endpoint, given, timeoutMs, bits, describes);
      const description = told === null ? null : parseJson(told);
      begun = description?.begun ?? true;
      return description;
    } finally {
      if (!begun) {
        this.#pending.delete(id);
      }
    }
  }

  /**
   * @param {number} id
   * @param {any} error
   */
  async #failSoon(id, error) {
    await undefined;
    const receiver = this.#pending.get(id);
    this.#pending.delete(id);
    receiver?.failed(error);
  }

  /**
   * Has native code prepare a request without headers and body that is repeated, and gives its number.
   *
   * @param {HttpClient} http
   * @param {Receiver} receiver
   */
  #prepare(http, { known, method, path }) {
    if (known === undefined) {
      return UNPREPARED;
    }
    if (known.number === UNPREPARED) {
      if (known.sent) {
        known.number = http.prepare(method, path) ?? UNPREPARED;
      }
      known.sent = true;
    }
    return known.number;
  }

  /** @param {number} id */
  cancel(id) {
    if (this.#pending.delete(id)) {
      this.#http?.cancel(id);
    }
  }

  /**
   * @param {number} id
   * @param {number} bytes
   */
  consumed(id, bytes) {
    if (this.#pending.get(id)) {
      this.#http?.consumed(id, bytes);
    }
  }

  /**
   * @param {number} id
   * @param {Uint8Array} [chunk] the next piece; undefined ends the body
   */
  upload(id, chunk) {
    if (this.#pending.get(id)) {
      this.#http?.upload(id, chunk);
    }
  }
}

export { NativeClient, redirectFlags };
