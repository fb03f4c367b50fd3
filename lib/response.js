'use strict';

const { isOk } = require('./read-response');

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

/**
 * The responses of bodies that clone() has made. Fetch cancels such a body when its response is collected.
 *
 * @type {WeakMap<ReadableStream, Response>}
 */
const owners = new WeakMap();

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
      for (const response of [this, copy]) {
        if (response.body) {
          owners.set(response.body, response);
        }
      }
      return new FetchResponse(this.#head, this.#parsed, copy.body);
    }
  };
}

module.exports = { createResponse };
