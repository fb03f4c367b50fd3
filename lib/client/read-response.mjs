import { createResponse, isOk } from './response.mjs';

/** @typedef {import('./response.mjs').ResponseHead} ResponseHead */

/**
 * Gives a header from the text of a head, as `Headers.get` would, without loading fetch.
 *
 * @param {string} head
 * @param {string} wanted in lower case
 */
function fieldOf(head, wanted) {
  const lines = head.split('\n');
  const values = lines.filter((_, i) => i > 2 && i % 2 === 1 && lines[i - 1] === wanted);
  return values.length === 0 ? null : values.join(', ');
}

/**
 * A proxy for `Response.prototype` that loads fetch only when it is used. With it `instanceof Response` is true, and a
 * program that does not use the response does not pay for loading fetch.
 */
const lateResponsePrototype = new Proxy(Object.create(null), {
  getPrototypeOf: () => Response.prototype,
  get(_target, key, receiver) {
    // Fetch of Node 20 and 22 keeps its state under symbols, which its own methods look up here. And a runtime may have
    // members that the class below does not define.
    const isNew = typeof key === 'string' && key !== 'constructor' && Object.hasOwn(Response.prototype, key);
    const real = isNew || typeof key === 'symbol' ? ReadResponse.real(receiver) : undefined;
    if (real && isNew) {
      const value = Reflect.get(real, key);
      return typeof value === 'function' ? value.bind(real) : value;
    }
    return Reflect.get(real ?? Response.prototype, key, receiver);
  },
  set: (_target, key, value, receiver) => Reflect.set(Response.prototype, key, value, receiver),
  has: (_target, key) => key in Response.prototype,
  // For `for...in`.
  ownKeys: () => Reflect.ownKeys(Response.prototype),
  getOwnPropertyDescriptor: (_target, key) => Reflect.getOwnPropertyDescriptor(Response.prototype, key),
});

/** @type {{ new (): Omit<Response, 'status' | 'ok' | 'statusText'> }} */
const LateResponse = /** @type {any} */ (function LateResponse() {});
LateResponse.prototype = lateResponsePrototype;

/**
 * The `response` of a call whose body was read by the client. It behaves like a `Response`, and makes a real one when
 * something needs it.
 */
class ReadResponse extends LateResponse {
  /** @type {ResponseHead} */
  #head;
  /** @type {'read' | 'empty' | 'none'} */
  #body;
  /** @type {Response | undefined} */
  #real;

  /**
   * @param {ResponseHead} head
   * @param {'read' | 'empty' | 'none'} body whether it was read, was empty, or cannot exist
   */
  constructor(head, body) {
    super();
    this.#head = head;
    this.#body = body;
  }

  /**
   * The real `Response` behind one of this class; undefined for other values.
   *
   * @param {any} response
   * @returns {Response | undefined}
   */
  static real(response) {
    if (typeof response !== 'object' || response === null || !(#head in response)) {
      return undefined;
    }
    if (response.#real === undefined) {
      response.#real = createResponse(response.#head, response.#body === 'none' ? null : new Uint8Array());
      if (response.#body === 'read') {
        // Marks the body as read. It is empty, so this does not wait for anything.
        response.#real.arrayBuffer().catch(() => {});
      }
    }
    return response.#real;
  }

  get status() {
    return this.#head.status;
  }

  get ok() {
    return isOk(this.#head.status);
  }

  get statusText() {
    const { head } = this.#head;
    return head.slice(0, head.indexOf('\n'));
  }
}

/** The members that need no real `Response`. */
const OWN = ['status', 'ok', 'statusText'];
/** The other members. */
const ATTRIBUTES = ['type', 'url', 'redirected', 'headers', 'body', 'bodyUsed'];
const METHODS = ['clone', 'blob', 'arrayBuffer', 'text', 'json', 'formData', 'bytes'];

/** @type {any} */
const { prototype } = ReadResponse;
// `Response` is found behind it, through the proxy.
delete prototype.constructor;
for (const name of OWN) {
  Object.defineProperty(prototype, name, { enumerable: true });
}
for (const name of ATTRIBUTES) {
  const get = /** @this {any} */ function () {
    return /** @type {any} */ (ReadResponse.real(this))[name];
  };
  Object.defineProperty(prototype, name, { get, enumerable: true, configurable: true });
}
for (const name of METHODS) {
  const { [name]: method } = {
    [name]() {
      return /** @type {any} */ (ReadResponse.real(this))[name]();
    },
  };
  // Not by assignment: that would use the proxy, and so load fetch.
  Object.defineProperty(prototype, name, { value: method, writable: true, enumerable: true, configurable: true });
}

export { fieldOf, ReadResponse };
