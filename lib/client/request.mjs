import { setImmediate } from '../timers.mjs';
import { isSignal } from './plain-request.mjs';

/**
 * A `Request` that remembers what its constructor was given: the size of its body is then known, and its signal is
 * the caller's own, on which no listener is left behind.
 *
 * @typedef {Request & { knowsBody: boolean | undefined }} RememberingRequest
 */

/** @typedef {{ done: boolean, value?: Uint8Array }} ReadResult */

/** @type {ReturnType<typeof defineRequest> | undefined} */
let requestClass;

// Defined late: naming `Request` makes Node load its whole fetch.
function defineRequest() {
  const Base = /** @type {import('./response.mjs').AnyClass} */ (/** @type {unknown} */ (Request));

  return class extends Base {
    #signal;

    /**
     * @param {string} input
     * @param {RequestInit} [init]
     */
    constructor(input, init) {
      // What is no signal is refused by fetch's own constructor.
      const signal = isSignal(init?.signal) ? init?.signal : undefined;
      super(input, signal ? { ...init, signal: undefined } : init);
      this.#signal = signal;
      Object.defineProperty(this, 'knowsBody', { value: !isStream(init?.body), enumerable: false });
    }

    get signal() {
      return this.#signal ?? super.signal;
    }

    /**
     * Every `Request` passes for one of these: openapi-fetch asks so of what a middleware gives back.
     *
     * @override
     * @param {unknown} value
     */
    static [Symbol.hasInstance](value) {
      return value instanceof Request;
    }
  };
}

/** The class of requests whose body size is known to {@link createFetch}. */
function getRequestClass() {
  requestClass ??= defineRequest();
  return requestClass;
}

/** @param {unknown} body */
function isStream(body) {
  if (body === null || typeof body !== 'object') {
    return false;
  }
  return body instanceof ReadableStream || Symbol.asyncIterator in body;
}

/**
 * The body as bytes where its size is known, as a stream otherwise.
 *
 * @param {Request} request
 * @returns {Promise<Uint8Array | ReadableStream<Uint8Array> | undefined>}
 */
async function readBody(request) {
  if (request.body === null) {
    return undefined;
  }
  if (request.bodyUsed) {
    throw new TypeError('The body of the request was read already: read a clone() of the request instead');
  }
  const { knowsBody } = /** @type {RememberingRequest} */ (request);
  if (knowsBody) {
    return new Uint8Array(await request.arrayBuffer());
  }
  return knowsBody === undefined ? completeSoon(request.body) : request.body;
}

/**
 * A middleware's own `Request` does not tell whether its body is a stream. One that is complete by the next turn of
 * the event loop is taken as bytes.
 *
 * @param {ReadableStream<Uint8Array>} stream
 */
async function completeSoon(stream) {
  const reader = stream.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  const nextTurn = new Promise((resolve) => setImmediate(resolve, undefined));
  /** @type {Promise<ReadResult> | undefined} */
  let reading;
  for (;;) {
    reading = reader.read();
    const read = await Promise.race([reading, nextTurn]);
    if (read === undefined) {
      return continued(chunks, reading, reader);
    }
    if (read.done) {
      return Buffer.concat(chunks);
    }
    chunks.push(toBytes(read.value));
  }
}

/**
 * The stream again, from its start.
 *
 * @param {Uint8Array[]} chunks
 * @param {Promise<ReadResult>} reading
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @returns {ReadableStream<Uint8Array>}
 */
function continued(chunks, reading, reader) {
  /** @type {Promise<ReadResult> | undefined} */
  let next = reading;
  return new ReadableStream({
    async pull(controller) {
      const chunk = chunks.shift();
      if (chunk) {
        controller.enqueue(chunk);
        return;
      }
      const { done, value } = await (next ?? reader.read());
      next = undefined;
      if (done) {
        controller.close();
      } else {
        controller.enqueue(toBytes(value));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** @param {unknown} chunk */
function toBytes(chunk) {
  if (!(chunk instanceof Uint8Array)) {
    throw new TypeError('Received non-Uint8Array chunk');
  }
  return chunk;
}

export { getRequestClass, readBody, toBytes };
