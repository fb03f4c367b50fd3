import { NativeClient } from '../bridge/native-client.mjs';
import { loadTools } from '../bridge/tools.mjs';

/** The most servers to which connections are kept. Each call can go to another server. */
const MOST_SERVERS = 32;

/** @typedef {{ socketPath: string } | { host: string, port: number }} Address */

/** The native clients, one for each server that calls go to. */
class Servers {
  /** By address; the least recently used first. @type {Map<string, NativeClient>} */
  #clients = new Map();
  #limits;
  /** The client of the last call. @type {NativeClient | undefined} */
  current;

  /** @param {{ maxConnections?: number, maxResponseBytes?: number }} limits */
  constructor(limits) {
    this.#limits = limits;
  }

  /**
   * Gives the client of a server, and makes it the current one.
   *
   * @param {Address} address
   */
  at(address) {
    const key = addressText(address);
    const known = this.#clients.get(key);
    this.#clients.delete(key);
    this.current = known ?? new NativeClient({ ...address, ...this.#limits, headers: [] }, loadTools);
    this.#clients.set(key, this.current);
    if (this.#clients.size > MOST_SERVERS) {
      this.#closeIdle();
    }
    return this.current;
  }

  close() {
    for (const client of this.#clients.values()) {
      client.close();
    }
    this.#clients.clear();
    this.current = undefined;
  }

  /** Closes the least recently used client that is idle. */
  #closeIdle() {
    for (const [key, client] of this.#clients) {
      if (client.inFlight === 0 && client !== this.current) {
        this.#clients.delete(key);
        client.close();
        return;
      }
    }
  }
}

/** @param {Address} address */
function addressText(address) {
  if ('socketPath' in address) {
    return address.socketPath;
  }
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

export { addressText, Servers };
