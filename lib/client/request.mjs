import { isSignal } from '../signal.mjs';
import { setImmediate } from '../timers.mjs';

/**
 * A `Request` that remembers the arguments of its constructor. So it is known whether its body is a stream, and its
 * `signal` is the caller's own, without the listener that fetch would leave on it.
 *
 * @typedef {Request & { knowsBody: boolean | undefined }} RememberingRequest
 */

/** @typedef {{ done: boolean, value?: Uint8Array }} ReadResult */

/** @type {ReturnType<typeof defineRequest> | undefined} */
let requestClass;

// In a function, because using `Request` makes Node load all of fetch.
function defineRequest() {
  const Base = /** @type {import('./response.mjs').AnyClass} */ (/** @type {unknown} */ (Request));

  return class extends Base {
    #signal;

    /**
     * @param {string} input
     * @param {RequestInit} [init]
     */
    constructor(input, init) {
      // Other values than signals are refused by the constructor of `Request`.
      const signal = isSignal(init?.signal) ? init?.signal : undefined;
      super(input, signal ? { ...init, signal: undefined } : init);
      this.#signal = signal;
      Object.defineProperty(this, 'knowsBody', { value: !isStream(init?.body), enumerable: false });
    }

    get signal() {
      return this.#signal ?? super.signal;
    }

    /**
     * Accepts every `Request`: openapi-fetch checks by `instanceof` what middleware returns.
     *
     * @override
     * @param {unknown} value
     */
    static [Symbol.hasInstance](value) {
      return value instanceof Request;
    }
  };
}

/** The class of {@link RememberingRequest}. */
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
 * The body of a request: bytes if it was not given as a stream, else a stream.
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
 * Reads a body that may be complete already. A `Request` that middleware made does not tell whether its body is a stream:
 * if it ends before the next tick of the event loop, it is sent as bytes.
 *
 * @param {ReadableStream<Uint8Array>} stream
 */
async function completeSoon(stream) {
  const reader = stream.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  const nextTick = new Promise((resolve) => setImmediate(resolve, undefined));
  /** @type {Promise<ReadResult> | undefined} */
  let reading;
  for (;;) {
    reading = reader.read();
    const read = await Promise.race([reading, nextTick]);
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
 * Makes a stream that begins with the chunks which were read already.
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
