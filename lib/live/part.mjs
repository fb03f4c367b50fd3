import { EventEmitter } from 'node:events';
import { listen, unlisten } from '../signal.mjs';
import { Timers } from './timers.mjs';

/**
 * What the live parts have in common: events, an end, and timers that keep the process alive while it works.
 *
 * A live part goes on by itself when something fails. So `error` is emitted only to those who listen to it.
 */
class LivePart extends EventEmitter {
  #timers = new Timers();
  #stop = new AbortController();
  /** @type {AbortSignal | undefined} */
  #outer;
  /** Why loops over this part end with an error. @type {{ reason: unknown } | undefined} */
  #failure;
  #listener = () => this.onAbort(/** @type {AbortSignal} */ (this.#outer).reason);

  /** @param {AbortSignal | undefined} signal ends this part when it aborts */
  constructor(signal) {
    super();
    this.#outer = signal;
    if (signal && !signal.aborted) {
      listen(signal, this.#listener);
    }
  }

  /** @internal */
  get timers() {
    return this.#timers;
  }

  /** @internal */
  get failure() {
    return this.#failure;
  }

  /** Aborts when this part ends. @internal */
  get ended() {
    return this.#stop.signal;
  }

  /**
   * Ends everything that this part does. The first reason counts.
   *
   * @internal
   * @param {unknown} [reason] why loops over it end with an error; without one they just end
   */
  end(reason) {
    if (this.#stop.signal.aborted) {
      return;
    }
    this.#failure = reason === undefined ? undefined : { reason };
    if (this.#outer) {
      unlisten(this.#outer, this.#listener);
    }
    this.#timers.stopAll();
    this.#stop.abort(reason);
  }

  /** The program's signal aborted. @internal @param {unknown} reason */
  onAbort(reason) {
    this.end(reason);
  }

  /** @internal @param {unknown} error */
  report(error) {
    if (this.listenerCount('error') > 0) {
      this.tell('error', error);
    }
  }

  /**
   * Emits an event. What a listener throws is an uncaught exception, as of any emitter, but the caller's work goes on.
   *
   * @internal
   * @param {string} event
   * @param {unknown[]} details
   */
  tell(event, ...details) {
    try {
      this.emit(event, ...details);
    } catch (error) {
      throwLater(error);
    }
  }

  ref() {
    this.#timers.ref();
    return this;
  }

  unref() {
    this.#timers.unref();
    return this;
  }

  async close() {
    this.end();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

/**
 * Makes what a listener threw an uncaught exception.
 *
 * @param {unknown} error
 */
function throwLater(error) {
  queueMicrotask(() => {
    throw error;
  });
}

export { LivePart, throwLater };
