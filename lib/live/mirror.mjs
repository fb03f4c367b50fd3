import { call } from './call.mjs';
import { Collection, freeze, update } from './collection.mjs';
import { Condition } from './condition.mjs';
import { difference } from './difference.mjs';
import { LiveError } from './error.mjs';
import { Listing } from './listing.mjs';
import { checkUntil, readMirrorOptions } from './mirror-options.mjs';
import { concerns, RESOURCES } from './resources.mjs';
import { follow, Subscriber } from './subscriber.mjs';

/** @typedef {import('./mirror-options.mjs').Durations} Durations */

/**
 * Keeps lists of the environment equal to the platform's. Documented in `live.d.ts`.
 *
 * It is true by one order: first notifications are subscribed to, then each list is asked for. What changes after that is notified,
 * and the list asked for again. A connection that was lost may have lost notifications, so that the next begins with lists.
 */
class Mirror extends Subscriber {
  #durations;
  /** @type {Map<string, { collection: Collection, listing: Listing }>} */
  #mirrored = new Map();
  /** Whether notifications come. */
  #open = false;
  #synced = false;
  /** When `#synced` became what it is. */
  #since = new Date();
  /** @type {Set<Condition>} */
  #conditions = new Set();

  /**
   * @param {import('./subscriber.mjs').Access} access
   * @param {string[]} resources
   * @param {Durations} durations
   */
  constructor(access, resources, durations) {
    super(access);
    this.#durations = durations;
    for (const name of resources) {
      this.#mirrored.set(name, this.#mirror(name));
    }
    this.subscribe();
  }

  get containers() {
    return this.#mirrored.get('containers')?.collection;
  }

  get instances() {
    return this.#mirrored.get('instances')?.collection;
  }

  get services() {
    return this.#mirrored.get('services')?.collection;
  }

  get ips() {
    return this.#mirrored.get('ips')?.collection;
  }

  get virtualMachines() {
    return this.#mirrored.get('virtualMachines')?.collection;
  }

  get freshness() {
    const asked = this.#listings.map(({ askedAt }) => askedAt?.getTime() ?? 0);
    const since = this.#synced ? this.#since : new Date(Math.max(this.#since.getTime(), Math.min(...asked)));
    return { synced: this.#synced, since, ...this.#doubt() };
  }

  /**
   * @param {(mirror: any) => unknown} predicate
   * @param {{ signal?: AbortSignal | undefined, timeoutMs?: number | undefined }} [options]
   */
  async until(predicate, options = {}) {
    checkUntil(predicate, options);
    options.signal?.throwIfAborted();
    if (this.ended.aborted) {
      throw this.#reasonOfEnd();
    }
    const limits = { ...options, timers: this.timers };
    const condition = new Condition(
      () => predicate(this),
      limits,
      (one) => this.#conditions.delete(one),
    );
    this.#conditions.add(condition);
    condition.check();
    return condition.promise;
  }

  get #listings() {
    return [...this.#mirrored.values()].map(({ listing }) => listing);
  }

  /** @param {string} resource */
  #mirror(resource) {
    const collection = new Collection();
    const listing = new Listing({
      ask: () => this.#ask(resource, collection),
      onList: (change) => this.#onList(resource, change),
      onFailure: (error) => this.#onFailure(error),
      timers: this.timers,
      ended: this.ended,
      minIntervalMs: this.#durations.minIntervalMs,
    });
    return { collection, listing };
  }

  /**
   * Asks for a list, and gives what is different in it.
   *
   * @param {string} resource
   * @param {Collection} collection
   */
  async #ask(resource, collection) {
    const { path, read } = RESOURCES[resource];
    const list = read(path, await call(this.client, 'GET', path, { signal: this.ended }));
    const change = difference(collection, list);
    for (const [, entry] of change?.added ?? []) freeze(entry);
    for (const { after } of change?.changed ?? []) freeze(after);
    return change;
  }

  /**
   * @param {string} resource
   * @param {import('./difference.mjs').Difference | undefined} change
   */
  #onList(resource, change) {
    if (change) {
      update(/** @type {any} */ (this.#mirrored.get(resource)).collection, change);
    }
    this.#refresh();
    this.#checkConditions();
    if (this.#listings.every(({ askedAt }) => askedAt)) {
      this.complete();
    }
    // A predicate may have closed it.
    if (change && !this.ended.aborted) {
      const [added, removed] = [change.added, change.removed].map((entries) => entries.map(([, entry]) => entry));
      this.tell('change', { resource, added, removed, changed: change.changed });
    }
  }

  /** @param {any} error of a list */
  #onFailure(error) {
    if (!this.endsBy(error)) {
      this.#refresh();
    }
    this.report(error);
  }

  /** @override @internal */
  onOpen() {
    this.#open = true;
    for (const listing of this.#listings) {
      listing.every(this.#durations.resyncMs);
      listing.invalidate();
    }
    this.#refresh();
  }

  /** @override @internal @param {any} notification */
  onNotification({ topic }) {
    for (const [name, { listing }] of this.#mirrored) {
      if (concerns(RESOURCES[name], topic)) {
        listing.invalidate();
      }
    }
    this.#refresh();
  }

  /** @override @internal */
  onUnreadable() {
    for (const listing of this.#listings) listing.invalidate();
    this.#refresh();
  }

  /** Lists without notifications. @override @internal */
  onDisconnected() {
    this.#open = false;
    for (const listing of this.#listings) {
      listing.every(this.#durations.pollMs);
    }
    this.#refresh();
  }

  /** Looks whether the mirror is in sync, after anything that may have changed that. */
  #refresh() {
    const synced = this.#open && !this.ended.aborted && this.#listings.every(({ current }) => current);
    if (synced !== this.#synced) {
      this.#synced = synced;
      this.#since = new Date();
      this.#checkConditions();
    }
  }

  /** Why the mirror may not show what the platform has. */
  #doubt() {
    if (this.ended.aborted) {
      return { reason: 'closed', error: this.failure?.reason };
    }
    const failed = this.#listings.find(({ failure }) => failure !== undefined);
    if (failed) {
      return { reason: 'failing', error: failed.failure };
    }
    if (!this.#open) {
      return { reason: isRefusal(this.connectionError) ? 'refused' : 'disconnected', error: this.connectionError };
    }
    return { reason: this.#synced ? undefined : 'listing', error: undefined };
  }

  #checkConditions() {
    for (const condition of [...this.#conditions]) {
      condition.check();
    }
  }

  #reasonOfEnd() {
    return this.failure?.reason ?? new LiveError('ERR_CYCLE_CLOSED', 'The mirror was closed.');
  }

  /** @override @internal */
  onEnd() {
    const reason = this.#reasonOfEnd();
    this.#open = false;
    this.#refresh();
    for (const condition of [...this.#conditions]) {
      condition.fail(reason);
    }
  }
}

/**
 * Whether the server does not give notifications to this instance, in place of being away.
 *
 * @param {any} error
 */
function isRefusal(error) {
  return error?.code === 'ERR_CYCLE_HANDSHAKE' && error.status >= 400 && error.status < 500;
}

/** @param {string[]} resources */
function topicsOf(resources) {
  return [...new Set(resources.flatMap((name) => RESOURCES[name].topics))];
}

/**
 * Mirrors lists of the environment. Documented in `live.d.ts`.
 *
 * @param {any} [options]
 */
async function mirrorEnvironment(options = {}) {
  const { resources, durations } = readMirrorOptions(options);
  const settings = { topics: topicsOf(resources), durations };
  return follow(options, settings, (access) => new Mirror(access, resources, durations));
}

export { Mirror, mirrorEnvironment };
