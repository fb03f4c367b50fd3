import { createResponse, isOk } from './response.mjs';

/** @typedef {import('./response.mjs').ResponseHead} ResponseHead */

/**
 * A header in the text of a head, as `Headers` would give it; without loading fetch.
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
 * Stands where `Response.prototype` would, and asks for it only when somebody looks: `instanceof Response` holds,
 * and a program that never looks does not pay for loading fetch.
 */
const lateResponsePrototype = new Proxy(Object.create(null), {
  getPrototypeOf: () => Response.prototype,
  get(_target, key, receiver) {
    // Under symbols, fetch of Node 20 and 22 keeps its state, and its own methods look for it here. Under names, a runtime
    // may have more than the class below knows of.
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
 * The `response` of a call whose body was read by the client: a `Response` in all that shows, made when it is used.
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
   * @param {'read' | 'empty' | 'none'} body whether it was read, is there with nothing in it, or can't be there
   */
  constructor(head, body) {
    super();
    this.#head = head;
    this.#body = body;
  }

  /**
   * The response of fetch's own class behind one of this class, if it is one.
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
        // Marks the body as read; there is nothing in it to wait for.
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

/** What is there without fetch. */
const OWN = ['status', 'ok', 'statusText'];
/** What else a response has. */
const ATTRIBUTES = ['type', 'url', 'redirected', 'headers', 'body', 'bodyUsed'];
const METHODS = ['clone', 'blob', 'arrayBuffer', 'text', 'json', 'formData', 'bytes'];

/** @type {any} */
const { prototype } = ReadResponse;
// That of fetch is behind it.
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
  // Not assigned: that would ask the prototype behind, and so load fetch.
  Object.defineProperty(prototype, name, { value: method, writable: true, enumerable: true, configurable: true });
}

export { fieldOf, ReadResponse };
