/**
 * An entry of the addon's journal of requests.
 *
 * @typedef {object} Entry
 * @property {number} sequence
 * @property {number} receivedAt
 * @property {string} method
 * @property {string} path
 * @property {string} target
 * @property {Record<string, string | string[]>} query
 * @property {Record<string, string>} headers
 * @property {string} text
 * @property {boolean} truncated
 * @property {number} bodyLength
 * @property {string | null} operationId
 * @property {number | null} status
 * @property {'connection' | 'head' | 'body' | 'aborted' | null} fault
 */

/** A request that the simulator received, and the status of its answer. */
class SimulatedRequest {
  /** @param {Entry} entry */
  constructor(entry) {
    this.sequence = entry.sequence;
    this.receivedAt = entry.receivedAt;
    this.method = entry.method;
    this.path = entry.path;
    this.target = entry.target;
    this.query = entry.query;
    this.headers = entry.headers;
    this.text = entry.text;
    this.truncated = entry.truncated;
    this.bodyLength = entry.bodyLength;
    this.operationId = entry.operationId;
    this.status = entry.status;
    this.fault = entry.fault;
  }

  /** The body, parsed as JSON; undefined when it is not JSON. */
  get json() {
    try {
      return JSON.parse(this.text);
    } catch {
      return undefined;
    }
  }
}

/** The requests of a simulator. Only changes are fetched from the addon. */
class Requests {
  /** @type {Map<number, SimulatedRequest>} */
  #kept = new Map();
  #revision = 0;
  #since;

  /** @param {(revision: number) => string} since */
  constructor(since) {
    this.#since = since;
  }

  /** All requests that the addon has kept, oldest first. */
  list() {
    const { revision, first, entries } = JSON.parse(this.#since(this.#revision));
    this.#revision = revision;
    for (const sequence of this.#kept.keys()) {
      if (sequence >= first) break;
      this.#kept.delete(sequence);
    }
    for (const entry of entries) {
      const known = this.#kept.get(entry.sequence);
      if (known) {
        known.status = entry.status;
        known.fault = entry.fault;
      } else {
        this.#kept.set(entry.sequence, new SimulatedRequest(entry));
      }
    }
    return [...this.#kept.values()];
  }
}

export { Requests, SimulatedRequest };
