import { call } from './call.mjs';
import { Collection, freeze, update } from './collection.mjs';
import { Condition } from './condition.mjs';
import { deferred } from './deferred.mjs';
import { difference } from './difference.mjs';
import { isTransient, LiveError } from './error.mjs';
import { Listing } from './listing.mjs';
import { checkUntil, readMirrorOptions } from './mirror-options.mjs';
import { clientOf } from './options.mjs';
import { LivePart } from './part.mjs';
import { concerns, RESOURCES } from './resources.mjs';
import { socketFor } from './socket.mjs';

/** @typedef {import('./mirror-options.mjs').Durations} Durations */

/**
 * Keeps lists of the environment equal to the platform's. Documented in `live.d.ts`.
 *
 * It is true by one order: first notifications are subscribed to, then each list is asked for. What changes after that is notified,
 * and the list asked for again. A connection that was lost may have lost notifications, so that the next begins with lists.
 */
class Mirror extends LivePart {
  #client;
  #release;
  #durations;
  #socket;
  /** @type {Map<string, { collection: Collection, listing: Listing }>} */
  #mirrored = new Map();
  /** Whether notifications come. */
  #open = false;
  /** Why they do not; undefined when they do, or when the server just left. @type {any} */
  #connectionError;
  #synced = false;
  /** When `#synced` became what it is. */
  #since = new Date();
  /** @type {Set<Condition>} */
  #conditions = new Set();
  #ready = deferred();
  #isReady = false;

  /**
   * @param {{ client: any, release: () => void, socket: import('../notifications/socket.mjs').NotificationSocket, signal?: AbortSignal | undefined }} access
   * @param {string[]} resources
   * @param {Durations} durations
   */
  constructor({ client, release, socket, signal }, resources, durations) {
    super(signal);
    this.#client = client;
    this.#release = release;
    this.#socket = socket;
    this.#durations = durations;
    for (const name of resources) {
      this.#mirrored.set(name, this.#mirror(name));
    }
    socket.on('open', () => this.#onOpen());
    socket.on('notification', (notification) => this.#onNotification(notification));
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', () => this.#onClose());
    this.ended.addEventListener('abort', () => this.#onEnd(), { once: true });
    socket.connect();
  }

  /** Resolves once all lists are there. @internal */
  get ready() {
    return this.#ready.promise;
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

  /** @override */
  ref() {
    this.#socket.ref();
    return super.ref();
  }

  /** @override */
  unref() {
    this.#socket.unref();
    return super.unref();
  }

  /** @override */
  async close() {
    this.end();
    this.#socket.ref();
    await this.#socket[Symbol.asyncDispose]();
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
    const list = read(path, await call(this.#client, 'GET', path, { signal: this.ended }));
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
    if (!this.#isReady && this.#listings.every(({ askedAt }) => askedAt)) {
      this.#isReady = true;
      this.#ready.resolve();
    }
    // A predicate may have closed it.
    if (change && !this.ended.aborted) {
      const [added, removed] = [change.added, change.removed].map((entries) => entries.map(([, entry]) => entry));
      this.tell('change', { resource, added, removed, changed: change.changed });
    }
  }

  /** @param {any} error of a list */
  #onFailure(error) {
    if (error?.code === 'ERR_CYCLE_CLOSED' || (!this.#isReady && !isTransient(error))) {
      this.end(error);
    } else {
      this.#refresh();
    }
    this.report(error);
  }

  #onOpen() {
    this.#open = true;
    this.#connectionError = undefined;
    for (const listing of this.#listings) {
      listing.every(this.#durations.resyncMs);
      listing.invalidate();
    }
    this.#refresh();
  }

  /** @param {any} notification */
  #onNotification({ topic }) {
    for (const [name, { listing }] of this.#mirrored) {
      if (concerns(RESOURCES[name], topic)) {
        listing.invalidate();
      }
    }
    this.#refresh();
  }

  /** @param {any} error of the notifications */
  #onError(error) {
    if (this.#socket.connected) {
      // A message could not be read. Nobody knows what it was about.
      for (const listing of this.#listings) listing.invalidate();
      this.#refresh();
      this.report(error);
      return;
    }
    const known = this.#connectionError;
    this.#connectionError = error;
    this.#poll();
    // It is tried again and again, which may be in vain for as long as this runs.
    if (known?.code !== error.code || known?.status !== error.status) {
      this.report(error);
    }
  }

  #onClose() {
    if (!this.ended.aborted) {
      this.#poll();
    }
  }

  /** Lists without notifications. */
  #poll() {
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
      return { reason: isRefusal(this.#connectionError) ? 'refused' : 'disconnected', error: this.#connectionError };
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

  #onEnd() {
    const reason = this.#reasonOfEnd();
    this.#open = false;
    this.#refresh();
    for (const condition of [...this.#conditions]) {
      condition.fail(reason);
    }
    this.#ready.reject(reason);
    this.#socket.close();
    this.#release();
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
  options.signal?.throwIfAborted();
  const access = clientOf(options);
  let socket;
  try {
    socket = socketFor(options, topicsOf(resources), durations);
  } catch (error) {
    access.release();
    throw error;
  }
  const mirror = new Mirror({ ...access, socket, signal: options.signal }, resources, durations);
  await mirror.ready;
  return mirror;
}

export { Mirror, mirrorEnvironment };
