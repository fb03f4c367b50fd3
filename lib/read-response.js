'use strict';

/**
 * @typedef {import('./response').ResponseHead} ResponseHead
 * @typedef {import('./response').AnyClass} AnyClass
 */

/** @param {number} status */
function isOk(status) {
  return status >= 200 && status <= 299;
}

/**
 * Stands where `Response.prototype` would, and asks for it only when somebody looks: `instanceof Response` holds,
 * and a program that never looks does not pay for loading fetch.
 */
const lateResponsePrototype = new Proxy(Object.create(null), {
  getPrototypeOf: () => Response.prototype,
  get: (_target, key, receiver) => Reflect.get(Response.prototype, key, receiver),
  has: (_target, key) => key in Response.prototype,
});

/** @type {AnyClass} */
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

  get #response() {
    if (this.#real === undefined) {
      this.#real = require('./response').createResponse(this.#head, this.#body === 'none' ? null : new Uint8Array());
      if (this.#body === 'read') {
        // Marks the body as read; there is nothing in it to wait for.
        this.#real.arrayBuffer().catch(() => {});
      }
    }
    return this.#real;
  }

  get status() {
    return this.#head.status;
  }

  get ok() {
    return isOk(this.#head.status);
  }

  get statusText() {
    return this.#response.statusText;
  }

  get headers() {
    return this.#response.headers;
  }

  get url() {
    return this.#response.url;
  }

  get redirected() {
    return this.#response.redirected;
  }

  get type() {
    return this.#response.type;
  }

  get body() {
    return this.#response.body;
  }

  get bodyUsed() {
    return this.#response.bodyUsed;
  }

  clone() {
    return this.#response.clone();
  }

  text() {
    return this.#response.text();
  }

  json() {
    return this.#response.json();
  }

  arrayBuffer() {
    return this.#response.arrayBuffer();
  }

  blob() {
    return this.#response.blob();
  }

  async bytes() {
    return new Uint8Array(await this.#response.arrayBuffer());
  }

  formData() {
    return this.#response.formData();
  }
}

Object.defineProperty(ReadResponse, 'name', { value: 'Response' });

module.exports = { ReadResponse, isOk };
