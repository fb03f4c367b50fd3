'use strict';

/**
 * Everything that is known of an answer without its body. `head` has the reason, the final URL where redirects led
 * away from `url`, then name and value of each header, a line each.
 *
 * @typedef {object} ResponseHead
 * @property {number} status
 * @property {string} head
 * @property {string} url
 */

/**
 * A class whose members are overridden by accessors, which the declarations of fetch do not foresee.
 *
 * @typedef {{ new (...parameters: any[]): any }} AnyClass
 */

const NULL_BODY_STATUSES = new Set([101, 204, 205, 304]);

/** @param {ResponseHead} head */
function parseHead({ head, url }) {
  const [statusText, redirectedTo, ...lines] = head.split('\n');
  /** @type {[string, string][]} */
  const headers = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    headers.push([lines[i], lines[i + 1]]);
  }
  return { statusText, url: redirectedTo || url, redirected: redirectedTo !== '', headers };
}

/**
 * Headers that can't be changed any more, as those of a received response are.
 *
 * @param {[string, string][]} pairs
 */
function receivedHeaders(pairs) {
  const headers = new Headers(pairs);
  for (const method of ['append', 'set', 'delete']) {
    Object.defineProperty(headers, method, { value: refuse });
  }
  return headers;
}

function refuse() {
  throw new TypeError('The headers of a received response are immutable');
}

/** @type {ReturnType<typeof defineFetchResponse> | undefined} */
let fetchResponse;

/**
 * A `Response` that knows its URL, as those of fetch do and those of the constructor do not.
 *
 * @param {ResponseHead} head
 * @param {ReadableStream | Uint8Array | null} body
 * @returns {Response}
 */
function createResponse(head, body) {
  fetchResponse ??= defineFetchResponse();
  return /** @type {any} */ (new fetchResponse(head, parseHead(head), body));
}

// Defined late: naming `Response` makes Node load its whole fetch.
function defineFetchResponse() {
  const Base = /** @type {AnyClass} */ (/** @type {unknown} */ (Response));

  return class FetchResponse extends Base {
    #head;
    #parsed;
    /** @type {Headers | undefined} */
    #headers;

    /**
     * @param {ResponseHead} head
     * @param {ReturnType<typeof parseHead>} parsed
     * @param {ReadableStream | Uint8Array | null} body
     */
    constructor(head, parsed, body) {
      super(NULL_BODY_STATUSES.has(head.status) ? null : body, { headers: parsed.headers });
      this.#head = head;
      this.#parsed = parsed;
    }

    get status() {
      // The constructor of `Response` asks before there is a head.
      return #head in this ? this.#head.status : super.status;
    }

    get ok() {
      return isOk(this.status);
    }

    get statusText() {
      return this.#parsed.statusText;
    }

    get url() {
      return this.#parsed.url;
    }

    get redirected() {
      return this.#parsed.redirected;
    }

    get headers() {
      if (!(#parsed in this)) {
        return super.headers;
      }
      this.#headers ??= receivedHeaders(this.#parsed.headers);
      return this.#headers;
    }

    get type() {
      const crossed = this.redirected && new URL(this.url).origin !== new URL(this.#head.url).origin;
      return crossed ? 'cors' : 'basic';
    }

    clone() {
      // The original cannot be cloned by its own class: the copy needs the head as well.
      const copy = super.clone();
      return new FetchResponse(this.#head, this.#parsed, copy.body);
    }
  };
}

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
      this.#real = createResponse(this.#head, this.#body === 'none' ? null : new Uint8Array());
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

module.exports = { ReadResponse, createResponse, isOk };
