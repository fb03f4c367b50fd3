import { isDeepStrictEqual } from 'node:util';
import { getEnvironmentMetadata, MetadataShapeError, metadataPath } from '../environment-metadata.mjs';
import { freeze } from './collection.mjs';
import { deferred } from './deferred.mjs';
import { checkMilliseconds, checkOptions, checkText } from './options.mjs';
import { LivePart } from './part.mjs';

const OPTIONS = ['path', 'intervalMs'];

const INTERVAL = 5000;

/** How often a file that cannot be read is tried again soon, because someone may be writing it, and the delay in milliseconds. */
const SOON = { times: 10, delay: 100 };

/**
 * Follows the metadata file. Documented in `live.d.ts`.
 *
 * The file is read at intervals: a file that is mounted into a container, or replaced by another, is not always watched by the
 * system.
 */
class MetadataWatch extends LivePart {
  #path;
  #interval;
  /** @type {any} */
  #current;
  /** How often in a row reading failed. */
  #failures = 0;
  /** The message of the failure that was reported last. @type {string | undefined} */
  #reported;
  #ready = deferred();

  /**
   * @param {AbortSignal | undefined} signal
   * @param {{ path: string | undefined, interval: number }} settings
   */
  constructor(signal, { path, interval }) {
    super(signal);
    this.#path = path;
    this.#interval = interval;
    this.ended.addEventListener('abort', () => this.#ready.reject(this.ended.reason), { once: true });
    void this.#read();
  }

  /** Resolves once the file was read. @internal */
  get ready() {
    return this.#ready.promise;
  }

  get current() {
    return this.#current;
  }

  async #read() {
    const { data, error } = await readFile(this.#path);
    if (this.ended.aborted) {
      return;
    }
    if (error) {
      this.#failed(error);
      return;
    }
    this.#failures = 0;
    this.#reported = undefined;
    this.#next(this.#interval);
    this.#accept(data);
  }

  /** @param {unknown} next */
  #accept(next) {
    const before = this.#current;
    if (isDeepStrictEqual(next, before)) {
      return;
    }
    freeze(next);
    this.#current = next;
    if (before === undefined) {
      this.#ready.resolve();
    } else {
      this.tell('change', next, before);
    }
  }

  /** @param {Error} error */
  #failed(error) {
    this.#failures += 1;
    if (this.#failures <= SOON.times) {
      this.#next(Math.min(SOON.delay, this.#interval));
    } else if (this.#current === undefined) {
      this.end(error);
    } else {
      this.#next(this.#interval);
      if (this.#reported !== error.message) {
        this.#reported = error.message;
        this.report(error);
      }
    }
  }

  /** @param {number} delay */
  #next(delay) {
    this.timers.start(() => void this.#read(), delay);
  }
}

/**
 * @param {string | undefined} path
 * @returns {Promise<{ data?: unknown, error: Error | null }>}
 */
async function readFile(path) {
  const { data, error } = await getEnvironmentMetadata(path === undefined ? {} : { path });
  if (!error && (typeof data !== 'object' || data === null || Array.isArray(data))) {
    return { error: new MetadataShapeError(metadataPath(path), 'It is not an object') };
  }
  return { data, error };
}

/**
 * Follows the metadata of this instance's environment. Documented in `live.d.ts`.
 *
 * @param {any} [options]
 */
async function watchEnvironmentMetadata(options = {}) {
  checkOptions('watchEnvironmentMetadata', options, OPTIONS);
  const { path, intervalMs = INTERVAL, signal } = options;
  checkText('watchEnvironmentMetadata', 'path', path);
  checkMilliseconds('watchEnvironmentMetadata', 'intervalMs', intervalMs);
  signal?.throwIfAborted();
  const watch = new MetadataWatch(signal, { path, interval: intervalMs });
  await watch.ready;
  return watch;
}

export { MetadataWatch, watchEnvironmentMetadata };
