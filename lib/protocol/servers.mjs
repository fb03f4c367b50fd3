import { NativeClient } from '../bridge/native-client.mjs';

/** Servers to which connections are kept; calls may name a server each. */
const MOST_SERVERS = 32;

/** @typedef {{ socketPath: string } | { host: string, port: number }} Address */

/** The clients of the servers that calls go to. */
class Servers {
  /** By address, the one used longest ago first. @type {Map<string, NativeClient>} */
  #clients = new Map();
  #limits;
  /** The one of the last call. @type {NativeClient | undefined} */
  current;

  /** @param {{ maxConnections?: number, maxResponseBytes?: number }} limits */
  constructor(limits) {
    this.#limits = limits;
  }

  /**
   * The client of a server, which is the current one from now on.
   *
   * @param {Address} address
   */
  at(address) {
    const key = addressText(address);
    const known = this.#clients.get(key);
    this.#clients.delete(key);
    this.current = known ?? new NativeClient({ ...address, ...this.#limits, headers: [] });
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

  /** Closes the one that was idle for the longest time. */
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
