/**
 * An answer without its body. `head` has one line each for: the status text, the final URL if it is not `url` because of
 * redirects, and the name and value of each header.
 *
 * @typedef {object} ResponseHead
 * @property {number} status
 * @property {string} head
 * @property {string} url
 */

/**
 * Any class. Used to override members of fetch's classes by accessors, which their type declarations do not allow.
 *
 * @typedef {{ new (...parameters: any[]): any }} AnyClass
 */

const NULL_BODY_STATUSES = new Set([101, 204, 205, 304]);

/** @param {number} status */
function isOk(status) {
  return status >= 200 && status <= 299;
}

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
 * Keeps a response alive as long as its body, after clone(): fetch cancels such a body when its response is collected.
 *
 * @type {WeakMap<ReadableStream, Response>}
 */
const owners = new WeakMap();

/** @type {ReturnType<typeof defineFetchResponse> | undefined} */
let fetchResponse;

/**
 * Makes a `Response` with a URL, which the constructor of `Response` cannot set.
 *
 * @param {ResponseHead} head
 * @param {ReadableStream | Uint8Array | null} body
 * @returns {Response}
 */
function createResponse(head, body) {
  fetchResponse ??= defineFetchResponse();
  return /** @type {any} */ (new fetchResponse(head, parseHead(head), body));
}

// In a function, because using `Response` makes Node load all of fetch.
function defineFetchResponse() {
  const Base = /** @type {AnyClass} */ (/** @type {unknown} */ (Response));
  const ReceivedHeaders = defineReceivedHeaders();

  class FetchResponse extends Base {
    #head;
    #parsed;
    /** @type {InstanceType<typeof ReceivedHeaders> | undefined} */
    #headers;

    /**
     * @param {ResponseHead} head
     * @param {ReturnType<typeof parseHead>} parsed
     * @param {ReadableStream | Uint8Array | null} body
     */
    constructor(head, parsed, body) {
      const { statusText, headers } = parsed;
      // The constructor refuses other statuses, but a server may send them.
      const status = head.status >= 200 && head.status <= 599 ? head.status : 200;
      super(NULL_BODY_STATUSES.has(head.status) ? null : body, { status, statusText, headers });
      this.#head = head;
      this.#parsed = parsed;
    }

    get type() {
      const crossed = this.redirected && new URL(this.url).origin !== new URL(this.#head.url).origin;
      return crossed ? 'cors' : 'basic';
    }

    get url() {
      return this.#parsed.url;
    }

    get redirected() {
      return this.#parsed.redirected;
    }

    get status() {
      // The constructor of `Response` reads this before `#head` exists.
      return #head in this ? this.#head.status : super.status;
    }

    get ok() {
      return isOk(this.status);
    }

    get statusText() {
      return this.#parsed.statusText;
    }

    get headers() {
      if (!(#parsed in this)) {
        return super.headers;
      }
      this.#headers ??= new ReceivedHeaders(this.#parsed.headers);
      return this.#headers;
    }

    clone() {
      // `super.clone()` makes a standard `Response`. The copy needs the head as well.
      const copy = super.clone();
      for (const response of [this, copy]) {
        if (response.body) {
          owners.set(response.body, response);
        }
      }
      return new FetchResponse(this.#head, this.#parsed, copy.body);
    }
  }

  passFor(FetchResponse, Response);
  return FetchResponse;
}

/** Headers that cannot be changed, as those of a received response. */
function defineReceivedHeaders() {
  const Base = /** @type {AnyClass} */ (/** @type {unknown} */ (Headers));

  class ReceivedHeaders extends Base {
    #complete = true;

    /** @param {string} name @param {string} value */
    append(name, value) {
      // In early versions of Node 20 the constructor of `Headers` appends by this method.
      if (#complete in this) {
        refuse();
      }
      super.append(name, value);
    }

    delete() {
      refuse();
    }

    set() {
      refuse();
    }
  }

  passFor(ReceivedHeaders, Headers);
  return ReceivedHeaders;
}

/**
 * Makes objects of a class look like those of a built-in one: the same `constructor`, and the same names in `for...in`.
 *
 * @param {AnyClass} own
 * @param {AnyClass} model
 */
function passFor({ prototype }, model) {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    Object.defineProperty(prototype, name, name === 'constructor' ? { value: model } : { enumerable: true });
  }
}

function refuse() {
  throw new TypeError('The headers of a received response are immutable');
}

export { createResponse, isOk };
