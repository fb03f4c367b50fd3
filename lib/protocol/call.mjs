import { isOurs as isTransportError, rejectSoon } from '../errors.mjs';
import { parseJson } from '../natives.mjs';
import { listen, unlisten } from '../signal.mjs';
import { ProtocolError } from './error.mjs';

/**
 * A call of an endpoint.
 *
 * @implements {Receiver}
 * @typedef {import('../bridge/native-client.mjs').Receiver} Receiver
 * @typedef {import('../bridge/native-client.mjs').NativeClient} NativeClient
 */
class ProtocolCall {
  client;
  method;
  path = '';
  id = -1;
  /** Number of the endpoint, in the order of the declaration. */
  #number;
  #given;
  #owner;
  #signal;
  #resolve;

  /**
   * @param {{ settled(): void, results(body: any, parsed: boolean): unknown, unanswered(number: number, given: string | undefined, error: any): ProtocolError }} owner
   * @param {NativeClient} client
   * @param {{ number: number, method: string, given: string | undefined }} request
   * @param {AbortSignal | null} signal
   * @param {(results: unknown) => void} resolve
   */
  constructor(owner, client, { number, method, given }, signal, resolve) {
    this.#owner = owner;
    this.client = client;
    this.method = method;
    this.#number = number;
    this.#given = given;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  /** Called when the call has begun. */
  begun() {
    if (this.#signal) {
      listen(this.#signal, this.#abort);
    }
  }

  /**
   * @param {number} _status
   * @param {string} _head
   * @param {any} body
   * @param {boolean} _noContent
   * @param {boolean} [parsed] the body is the value of its JSON
   */
  done(_status, _head, body, _noContent, parsed = false) {
    if (!parsed) {
      this.client.parsed(body.length);
    }
    const results = this.#owner.results(body, parsed);
    this.#settle();
    this.#resolve(results);
  }

  /**
   * @param {number} status
   * @param {string} declared
   * @param {string} target
   */
  rejected(status, declared, target) {
    const cause = new Error(`${this.method} ${target} was answered with status ${status}`);
    this.#reject(new ProtocolError(parseJson(declared), cause));
  }

  /**
   * @param {any} error
   * @param {string} [declared]
   */
  failed(error, declared) {
    const known = declared ? new ProtocolError(parseJson(declared), error) : undefined;
    this.#reject(known ?? this.#owner.unanswered(this.#number, this.#given, error));
  }

  #abort = () => {
    this.client.cancel(this.id);
    this.#reject(this.#signal?.reason);
  };

  /** @param {unknown} error */
  #reject(error) {
    this.#settle();
    this.#resolve(rejectSoon(error, isOurs));
  }

  #settle() {
    if (this.#signal) {
      unlisten(this.#signal, this.#abort);
    }
    this.#owner.settled();
  }
}

/** @param {unknown} error */
function isOurs(error) {
  return error instanceof ProtocolError || isTransportError(error);
}

export { ProtocolCall };
