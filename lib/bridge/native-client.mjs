import { failureOf } from '../errors.mjs';
import { loadLater } from '../load-later.mjs';
import { loadNative } from './addon.mjs';
import { isMissing } from './addon-missing.mjs';
import { KnownRequests, UNPREPARED } from './known-requests.mjs';
import { Pending } from './pending.mjs';
import {
  EVENT_BODY,
  EVENT_CALL,
  EVENT_HEAD,
  EVENT_KIND,
  EVENT_STATUS,
  EVENT_WIDTH,
  FAILURE_DECLARED,
  FLAG_JSON,
  FLAG_REDIRECT_ERROR,
  FLAG_REDIRECT_MANUAL,
  KIND_BITS,
  KIND_CHUNK,
  KIND_DONE,
  KIND_DONE_WITHOUT_CONTENT,
  KIND_END,
  KIND_FAILED,
  KIND_HEAD,
  KIND_MASK,
  KIND_READY,
  KIND_REJECTED,
  KIND_TAPED,
  KIND_TAPED_IN_PARTS,
} from './wire.mjs';

// As they are now: a program may replace them later.
const { parse: parseJson } = JSON;
const NativePromise = Promise;

/** The kinds that have a head, by bit. */
const HAS_HEAD =
  (1 << KIND_DONE) |
  (1 << KIND_DONE_WITHOUT_CONTENT) |
  (1 << KIND_HEAD) |
  (1 << KIND_TAPED) |
  (1 << KIND_TAPED_IN_PARTS);

/** So much JSON is parsed as text before native code is asked to read the rest. */
const WARM_UP = 64 * 1024;

/** @type {Record<string, number>} */
const redirectFlags = { follow: 0, manual: FLAG_REDIRECT_MANUAL, error: FLAG_REDIRECT_ERROR };

/**
 * What becomes of one request. `done` or `end` or `failed` is the last to be called, unless the request is cancelled.
 *
 * @typedef {object} Receiver
 * @property {NativeClient} client keeps the client alive for as long as an answer is awaited
 * @property {import('node:async_hooks').AsyncResource} [context] that of the call, where functions of the program may be called
 * @property {string} method
 * @property {string} path
 * @property {import('./known-requests.mjs').KnownRequest} [known] the request, where it may come again
 * @property {(status: number, head: string, body: any, noContent: boolean, parsed?: boolean) => void} [done]
 * @property {(status: number, head: string) => void} [head]
 * @property {(bytes: ArrayBuffer) => void} [chunk]
 * @property {() => void} [end]
 * @property {() => void} [ready]
 * @property {(error: import('../errors.mjs').TransportError, declared?: string) => void} failed the second is what a protocol
 *   declares for it, as JSON
 * @property {(status: number, declared: string, target: string) => void} [rejected]
 */

/**
 * What one batch leaves for the next.
 *
 * @typedef {object} Incoming
 * @property {string} lastHead
 * @property {ReturnType<import('./answer-tapes.mjs').askForAnswerTapes>} tapes once there are any
 */

/**
 * Requests over one native client, and their answers told apart.
 */
class NativeClient {
  /** Missing as long as the addon is. @type {import('../../binding.js').HttpClient | undefined} */
  #http;
  #options;
  /** @type {Pending<Receiver>} */
  #pending = new Pending();
  /** Characters of JSON until tapes are asked for. */
  #cold = WARM_UP;
  /** @type {Incoming} */
  #incoming = { lastHead: '', tapes: undefined };
  /** @type {string} */
  address;
  known = new KnownRequests();

  /** @param {import('../../binding.js').HttpClientOptions} options */
  constructor(options) {
    this.#options = options;
    this.address = options.socketPath ?? `${options.host}:${options.port}`;
    try {
      this.#http = this.#open();
    } catch (error) {
      // It is the calls that fail: each tries again, since there may have been no descriptor left.
      if (!isMissing(error)) {
        throw error;
      }
    }
  }

  #open() {
    const { HttpClient } = loadNative();
    const pending = this.#pending;
    const incoming = this.#incoming;
    return new HttpClient(this.#options, (/** @type {any[]} */ ...batch) => deliver(batch, pending, incoming));
  }

  /** The flag of a call whose answer is to be parsed, if that can be done in native code. */
  get jsonFlag() {
    return this.#incoming.tapes ? FLAG_JSON : 0;
  }

  /**
   * An answer was parsed.
   *
   * @param {number} length of its text
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
      // It could not be loaded: there may be no descriptor left. Text will do until the next attempt.
      this.#cold = WARM_UP;
    }
  }

  /** Closes the connections. No request may follow. */
  close() {
    this.#http?.close();
    this.known.clear();
    this.#incoming.tapes = undefined;
  }

  /** Requests that have no last event yet. */
  get inFlight() {
    return this.#pending.size;
  }

  /**
   * Waits until every request has its last event. None may follow.
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
   * @returns {number} the number to steer the request by
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
    const number = bare ? this.#prepare(http, receiver) : UNPREPARED;
    if (number === UNPREPARED) {
      http.request(id, receiver.method, authority, receiver.path, headers, body, flagBits);
    } else {
      http.send(id, number, flagBits);
    }
    return id;
  }

  /**
   * Calls an endpoint of a protocol, if it is at this client's address.
   *
   * @param {Receiver & { id: number }} receiver gets the number to steer the call by
   * @param {import('../../binding.js').ProtocolCaller} caller
   * @param {number} endpoint number of its command
   * @param {string | undefined} given params, as JSON
   * @param {number} timeoutMs
   * @param {boolean} describes
   * @returns {any} nothing, unless the call has not begun or is to be described
   */
  callEndpoint(receiver, caller, endpoint, given, timeoutMs, describes) {
    this.#http ??= this.#open();
    const id = this.#pending.add(receiver);
    receiver.id = id;
    const bits = this.jsonFlag | FLAG_REDIRECT_MANUAL;
    const told = this.#http.callEndpoint(id, caller, endpoint, given, timeoutMs, bits, describes);
    if (told === null) {
      return null;
    }
    const description = parseJson(told);
    if (!description.begun) {
      this.#pending.delete(id);
    }
    return description;
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
   * The number of a request without headers and body that comes again; native code then need not be told what it is.
   *
   * @param {import('../../binding.js').HttpClient} http
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
   * @param {Uint8Array} [chunk] nothing ends the body
   */
  upload(id, chunk) {
    if (this.#pending.get(id)) {
      this.#http?.upload(id, chunk);
    }
  }
}

/**
 * @param {any[]} batch
 * @param {Pending<Receiver>} pending
 * @param {Incoming} incoming
 */
function deliver(batch, pending, incoming) {
  fillInHeads(batch, incoming);
  const { tapes } = incoming;
  let number;
  /** @type {{ reason: unknown } | undefined} */
  let uncaught;
  try {
    number = tapes?.begin();
  } catch {
    // Those of its calls that have a tape fail.
  }
  for (let i = 0; i < batch.length; i += EVENT_WIDTH) {
    const id = batch[i + EVENT_CALL];
    const receiver = pending.get(id);
    if (receiver === undefined) {
      continue;
    }
    try {
      const { context } = receiver;
      if (context) {
        context.runInAsyncScope(deliverEvent, undefined, receiver, batch, i, pending, tapes, number);
      } else {
        deliverEvent(receiver, batch, i, pending, tapes, number);
      }
    } catch (error) {
      // The others of the batch are not to blame.
      try {
        receiver.client.cancel(id);
        receiver.failed(/** @type {any} */ (error));
      } catch (reason) {
        uncaught ??= { reason };
      }
    }
  }
  if (uncaught) {
    throw uncaught.reason;
  }
}

/**
 * @param {Receiver} receiver
 * @param {any[]} batch
 * @param {number} i where in it the event is
 * @param {Pending<Receiver>} pending
 * @param {Incoming['tapes']} tapes
 * @param {number | undefined} number of the batch
 */
function deliverEvent(receiver, batch, i, pending, tapes, number) {
  const id = batch[i + EVENT_CALL];
  const kind = batch[i + EVENT_KIND] & KIND_MASK;
  const status = batch[i + EVENT_STATUS];
  const head = batch[i + EVENT_HEAD];
  switch (kind) {
    case KIND_DONE:
    case KIND_DONE_WITHOUT_CONTENT:
      pending.delete(id);
      receiver.done?.(status, head, batch[i + EVENT_BODY], kind === KIND_DONE_WITHOUT_CONTENT);
      break;
    case KIND_TAPED:
    case KIND_TAPED_IN_PARTS:
      pending.delete(id);
      deliverTaped(receiver, batch, i, tapes, number);
      break;
    case KIND_HEAD:
      receiver.head?.(status, head);
      break;
    case KIND_CHUNK:
      receiver.chunk?.(batch[i + EVENT_BODY]);
      break;
    case KIND_END:
      pending.delete(id);
      receiver.end?.();
      break;
    case KIND_READY:
      receiver.ready?.();
      break;
    case KIND_REJECTED:
      pending.delete(id);
      receiver.rejected?.(status, head, batch[i + EVENT_BODY]);
      break;
    case KIND_FAILED:
      // Not only forgotten: native code is still at work where an answer could not be handed over.
      receiver.client.cancel(id);
      receiver.failed(failureOf(status, head, receiver), head[FAILURE_DECLARED]);
      break;
  }
}

/**
 * Puts a head where there is none because it is the same as the last. Before anybody is called: there is another batch if an
 * event loop runs inside this one.
 *
 * @param {any[]} batch
 * @param {Incoming} incoming
 */
function fillInHeads(batch, incoming) {
  for (let i = 0; i < batch.length; i += EVENT_WIDTH) {
    if (HAS_HEAD & (1 << (batch[i + EVENT_KIND] & KIND_MASK))) {
      incoming.lastHead = batch[i + EVENT_HEAD] ??= incoming.lastHead;
    }
  }
}

/**
 * @param {Receiver} receiver
 * @param {any[]} batch
 * @param {number} i where in it the event is
 * @param {Incoming['tapes']} tapes
 * @param {number | undefined} number of the batch
 */
function deliverTaped(receiver, batch, i, tapes, number) {
  let value;
  try {
    value = tapes?.read(number, batch[i + EVENT_KIND] >>> KIND_BITS, batch[i + EVENT_BODY]);
  } catch (error) {
    receiver.failed(/** @type {any} */ (error));
    return;
  }
  receiver.done?.(batch[i + EVENT_STATUS], batch[i + EVENT_HEAD], value, false, true);
}

export { NativeClient, redirectFlags };
