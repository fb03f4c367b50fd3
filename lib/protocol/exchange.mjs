import { NativeClient, redirectFlags } from '../bridge/native-client.mjs';
import { TransportError } from '../errors.mjs';
import { listen, unlisten } from '../signal.mjs';
import { clearTimeout, setTimeout } from '../timers.mjs';

/** Servers to which connections are kept; calls may name a server each. */
const MOST_SERVERS = 32;

/**
 * @typedef {{ socketPath: string } | { host: string, port: number }} Address
 *
 * @typedef {object} ExchangeRequest
 * @property {string} method
 * @property {string} target
 * @property {[string, string][]} headers
 * @property {string | null} body
 * @property {Address} address
 *
 * @typedef {object} ExchangeOptions
 * @property {number} timeoutMs 0 for no limit
 * @property {AbortSignal} [signal]
 *
 * @typedef {{ status: number, body: string }} ExchangeAnswer
 */

/** Requests to any number of servers, over the native transport. */
class Exchanger {
  /** By address, the one used longest ago first. @type {Map<string, NativeClient>} */
  #clients = new Map();
  #limits;
  #closed = false;
  /** @type {Set<Promise<unknown>>} */
  #running = new Set();

  /** @param {{ maxConnections?: number, maxResponseBytes?: number }} limits */
  constructor(limits) {
    this.#limits = limits;
  }

  /**
   * Sends a request and gives the whole answer. Rejects with a `TransportError`, or with the signal's reason.
   *
   * @param {ExchangeRequest} request
   * @param {ExchangeOptions} options
   * @returns {Promise<ExchangeAnswer>}
   */
  exchange(request, options) {
    if (this.#closed) {
      const detail = { code: 'ERR_CYCLE_CLOSED', detail: 'the client is closed', hint: 'Make a new one' };
      return Promise.reject(new TransportError(detail, attemptOf(request)));
    }
    const running = new Exchange(this.#client(request.address), request, options).run();
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }

  /** Waits for the requests in flight, then closes the connections. */
  async close() {
    this.#closed = true;
    await Promise.allSettled(this.#running);
    for (const client of this.#clients.values()) {
      client.close();
    }
    this.#clients.clear();
  }

  /** @param {Address} address */
  #client(address) {
    const key = addressText(address);
    const known = this.#clients.get(key);
    this.#clients.delete(key);
    const client =
      known ??
      new NativeClient({
        ...address,
        ...this.#limits,
        headers: [],
      });
    this.#clients.set(key, client);
    if (this.#clients.size > MOST_SERVERS) {
      this.#dropIdle();
    }
    return client;
  }

  #dropIdle() {
    for (const [key, client] of this.#clients) {
      if (client.inFlight === 0) {
        this.#clients.delete(key);
        client.close();
        return;
      }
    }
  }
}

/**
 * @implements {Receiver}
 * @typedef {import('../bridge/native-client.mjs').Receiver} Receiver
 */
class Exchange {
  client;
  method;
  path;
  #request;
  #options;
  #id = -1;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {(answer: ExchangeAnswer) => void} */
  #resolve = () => {};
  /** @type {(reason: unknown) => void} */
  #reject = () => {};

  /**
   * @param {NativeClient} client
   * @param {ExchangeRequest} request
   * @param {ExchangeOptions} options
   */
  constructor(client, request, options) {
    this.client = client;
    this.method = request.method;
    this.path = request.target;
    this.#request = request;
    this.#options = options;
  }

  /** @returns {Promise<ExchangeAnswer>} */
  run() {
    const { headers, body, address } = this.#request;
    const { signal, timeoutMs } = this.#options;
    if (signal?.aborted) {
      return Promise.reject(signal.reason);
    }
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const authority = 'host' in address ? addressText(address) : undefined;
      // A redirect is an answer that no protocol declares.
      this.#id = this.client.request(this, authority, headers.flat(), body ?? undefined, redirectFlags.manual);
      if (signal) {
        listen(signal, this.#abort);
      }
      if (timeoutMs > 0) {
        this.#startTimer(this.#isDue, timeoutMs);
      }
    });
  }

  /**
   * @param {number} status
   * @param {string} _head
   * @param {string} body
   */
  done(status, _head, body) {
    this.#settle();
    this.#resolve({ status, body });
  }

  /** @param {unknown} error */
  failed(error) {
    this.#settle();
    this.#reject(error);
  }

  #abort = () => {
    this.client.cancel(this.#id);
    this.failed(this.#options.signal?.reason);
  };

  /** The thread may have been busy, or the process stopped: what waits in the socket came in time, and is read first. */
  #isDue = () => this.#startTimer(this.#expire, 1);

  /**
   * @param {() => void} then
   * @param {number} delay
   */
  #startTimer(then, delay) {
    this.#timer = setTimeout(then, delay);
    // The request itself keeps the process alive.
    this.#timer.unref();
  }

  #expire = () => {
    this.client.cancel(this.#id);
    const cause = Object.assign(new Error(`no answer within ${this.#options.timeoutMs} ms`), {
      code: 'ERR_CYCLE_TIMEOUT',
    });
    const failure = { code: 'ERR_CYCLE_TIMEOUT', detail: cause.message, cause };
    this.failed(new TransportError(failure, attemptOf(this.#request)));
  };

  #settle() {
    clearTimeout(this.#timer);
    if (this.#options.signal) {
      unlisten(this.#options.signal, this.#abort);
    }
  }
}

/** @param {ExchangeRequest} request */
function attemptOf({ method, target, address }) {
  return { method, path: target, socketPath: addressText(address) };
}

/** @param {Address} address */
function addressText(address) {
  if ('socketPath' in address) {
    return address.socketPath;
  }
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

export { Exchanger };
