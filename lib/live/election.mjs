import { Backoff } from './backoff.mjs';
import { call, objectOf, unexpected } from './call.mjs';
import { now } from './clock.mjs';
import { deferred } from './deferred.mjs';
import { electionsOff, leaseLost, tooLate } from './election-error.mjs';
import { LiveError } from './error.mjs';
import { LivePart, throwLater } from './part.mjs';
import { Term } from './term.mjs';

const CHECK_IN = '/v1/ha/election/checkin';

/** The part of the deadline after which a primary that was not confirmed stops. The rest is for clocks that differ. */
const FENCE = 0.8;

/** Delay before the first check-in after one that failed, in milliseconds. */
const RETRY = 1000;

/** How long giving up waits for its answer, in milliseconds. */
const FAREWELL = 5000;

/** How long giving up waits for a check-in that is on its way, in milliseconds. */
const PATIENCE = 250;

/**
 * Takes part in the election of a container's primary. Documented in `live.d.ts`.
 *
 * Safety depends on one rule: whoever is the primary stops at the fence, 80 % of the deadline after it *sent* the last check-in
 * that was answered in its favour. The platform elects another one only after the whole deadline without a check-in.
 */
class Election extends LivePart {
  #client;
  #release;
  #instanceId;
  #priority;
  #interval;
  /** From sending a check-in until its answer no longer counts, in milliseconds. */
  #hold;
  #backoff;
  /** @type {Term | undefined} */
  #term;
  /** @type {NodeJS.Timeout | undefined} */
  #fenceTimer;
  /** Starts the next check-in. @type {NodeJS.Timeout | undefined} */
  #nextTimer;
  /** The check-in that is on its way. @type {Promise<void> | undefined} */
  #checkIn;
  /** Cancels it. @type {AbortController | undefined} */
  #onItsWay;
  /** The last failure, which explains why a term was lost. @type {unknown} */
  #cause;
  /** Called when there is a new term, and at the end. @type {Set<() => void>} */
  #waiting = new Set();
  /** Set once this instance gives up for good. */
  #leaving = false;
  /** @type {Promise<void> | undefined} */
  #resigning;
  /** Why loops end with an error: the signal of the program. @type {{ reason: unknown } | undefined} */
  #aborted;

  /**
   * @param {{ client: any, release: () => void, signal?: AbortSignal | undefined }} access
   * @param {{ instanceId: string, priority: number, deadline: number, interval: number }} settings
   */
  constructor({ client, release, signal }, { instanceId, priority, deadline, interval }) {
    super(signal);
    this.#client = client;
    this.#release = release;
    this.#instanceId = instanceId;
    this.#priority = priority;
    this.#interval = interval;
    this.#hold = deadline * FENCE;
    this.#backoff = new Backoff({ baseMs: RETRY, mostMs: interval });
    this.ended.addEventListener('abort', () => this.#onEnd(), { once: true });
    this.#next(0);
  }

  get isPrimary() {
    return this.term !== undefined;
  }

  get term() {
    this.checkFence();
    return this.#term;
  }

  /** Ends the term if its fence has passed. Called wherever somebody looks, because a busy program's timers are late. @internal */
  checkFence() {
    if (this.#term && now() >= this.#term.fence) {
      this.#lose(
        leaseLost('the lease was not renewed in time', this.#cause ?? new Error('the program was busy or stopped')),
      );
    }
  }

  async *terms() {
    /** @type {Term | undefined} */
    let last;
    for (;;) {
      const term = await this.#newTerm(last);
      if (term === undefined) {
        return;
      }
      last = term;
      if (term.signal.aborted) {
        continue;
      }
      const { promise, resolve } = deferred();
      term.keepFor(promise);
      try {
        yield term;
      } finally {
        resolve();
      }
    }
  }

  /**
   * Waits for a term that is not the last one.
   *
   * @param {Term | undefined} last
   * @returns {Promise<Term | undefined>} undefined when the election is over
   */
  async #newTerm(last) {
    for (;;) {
      const failure = this.failure ?? this.#aborted;
      if (failure) {
        throw failure.reason;
      }
      if (this.ended.aborted || this.#leaving) {
        return undefined;
      }
      const { term } = this;
      if (term !== undefined && term !== last) {
        return term;
      }
      await new Promise((resolve) => {
        this.#waiting.add(() => resolve(undefined));
      });
    }
  }

  #wake() {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) {
      wake();
    }
  }

  /** @param {number} delay */
  #next(delay) {
    if (!this.ended.aborted && !this.#leaving) {
      this.#nextTimer = this.timers.start(() => {
        this.#checkIn = this.#send().finally(() => {
          this.#checkIn = undefined;
        });
      }, delay);
    }
  }

  /** Checks in, and plans the next check-in. */
  async #send() {
    const sent = now();
    // No answer counts that comes later: neither for the term that lasts nor for a new one.
    const limit = Math.min(this.#term?.fence ?? Number.POSITIVE_INFINITY, sent + this.#hold);
    let primary;
    try {
      primary = primaryOf(await this.#call(true, limit - sent));
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#answered(primary, sent);
  }

  /**
   * @param {boolean} electable
   * @param {number} limit milliseconds
   */
  async #call(electable, limit) {
    const late = new AbortController();
    this.#onItsWay = late;
    const timer = this.timers.start(() => late.abort(tooLate(CHECK_IN, limit)), limit);
    const end = () => late.abort(this.ended.reason);
    this.ended.addEventListener('abort', end);
    try {
      const init = { body: { electable, priority: this.#priority }, signal: late.signal };
      return await call(this.#client, 'POST', CHECK_IN, init);
    } finally {
      this.timers.stop(timer);
      this.ended.removeEventListener('abort', end);
    }
  }

  /**
   * @param {string | null} primary
   * @param {number} sent
   */
  #answered(primary, sent) {
    if (this.ended.aborted || this.#leaving) {
      return;
    }
    this.checkFence();
    if (this.#leaving) {
      // A listener of `lost` gave up.
      return;
    }
    this.#backoff.reset();
    this.#cause = undefined;
    // A random part less, so that the instances of a container do not check in at the same moment.
    const wait = this.#interval * (0.9 + Math.random() / 10);
    this.#next(Math.max(0, wait - (now() - sent)));
    const fence = sent + this.#hold;
    if (primary !== this.#instanceId) {
      this.#lose(leaseLost(primary === null ? 'there is no primary' : `instance ${primary} is the primary`));
    } else if (now() < fence) {
      this.#confirm(fence);
    }
    this.tell('checkin', { primaryInstanceId: primary });
  }

  /** @param {unknown} error */
  #failed(error) {
    if (this.ended.aborted || this.#leaving) {
      return;
    }
    const fault = electionsOff(error) ?? error;
    if (/** @type {any} */ (fault)?.code === 'ERR_CYCLE_CLOSED') {
      this.end(fault);
      return;
    }
    this.checkFence();
    this.#cause = fault;
    this.#next(this.#backoff.next(fault));
    if (fault !== error) {
      this.#lose(leaseLost('elections were switched off', fault));
    }
    this.report(fault);
  }

  /** @param {number} fence */
  #confirm(fence) {
    this.timers.stop(this.#fenceTimer);
    this.#fenceTimer = this.timers.start(() => this.#onFence(), fence - now());
    if (this.#term) {
      this.#term.fence = fence;
      return;
    }
    const term = new Term(this);
    term.fence = fence;
    this.#term = term;
    this.#wake();
    this.#announce(term);
  }

  #onFence() {
    this.checkFence();
    if (this.#term) {
      // Timers count whole milliseconds, and may be early by less than one. And there is a longest one.
      this.#fenceTimer = this.timers.start(() => this.#onFence(), Math.max(1, this.#term.fence - now()));
    }
  }

  /**
   * Emits `elected`, and remembers the promises that listeners return: their work ends before this instance gives up.
   *
   * @param {Term} term
   */
  #announce(term) {
    for (const listener of this.rawListeners('elected')) {
      if (term.signal.aborted) {
        // A listener gave up, or took until the fence. The others have been told that it is lost.
        return;
      }
      try {
        const result = Reflect.apply(listener, this, [term]);
        if (typeof result?.then === 'function') {
          term.keepFor(Promise.resolve(result).catch((error) => this.tell('error', error)));
        }
      } catch (error) {
        throwLater(error);
      }
    }
  }

  /** @param {LiveError} reason */
  #lose(reason) {
    const term = this.#term;
    if (term) {
      this.#term = undefined;
      this.timers.stop(this.#fenceTimer);
      term.end(reason);
      this.tell('lost', reason);
    }
  }

  resign() {
    if (!this.#resigning) {
      const { promise, resolve, reject } = deferred();
      this.#resigning = promise;
      this.#resign().then(resolve, reject);
    }
    return this.#resigning;
  }

  async #resign() {
    const { term } = this;
    const sending = this.#checkIn;
    this.#leaving = true;
    this.timers.stop(this.#nextTimer);
    this.#wake();
    this.#lose(new LiveError('ERR_CYCLE_RESIGNED', 'This instance is no longer the primary: it gave up.'));
    // A check-in on its way could reach the platform after the farewell.
    const patience = this.timers.start(() => this.#onItsWay?.abort(this.ended.reason), PATIENCE);
    try {
      await sending;
      this.timers.stop(patience);
      if (term) {
        await this.#workOf(term);
      }
      if (!this.ended.aborted) {
        await this.#call(false, FAREWELL);
      }
    } finally {
      this.end();
    }
  }

  /**
   * Waits until the work of a term is done, but not beyond its fence, because others may be elected soon after.
   *
   * @param {Term} term
   * @returns {Promise<void>}
   */
  #workOf(term) {
    return new Promise((resolve) => {
      const timer = this.timers.start(resolve, Math.max(1, term.fence - now()));
      term.done().then(() => {
        this.timers.stop(timer);
        resolve();
      });
    });
  }

  /** @override */
  async close() {
    await this.resign().catch((error) => this.report(error));
  }

  /** @override @internal @param {unknown} reason */
  onAbort(reason) {
    this.#aborted = { reason };
    void this.close();
  }

  #onEnd() {
    const { reason } = this.failure ?? {};
    this.#leaving = true;
    this.#lose(leaseLost('the election was ended', reason));
    this.#wake();
    this.#release();
  }
}

/**
 * @param {any} answer
 * @returns {string | null}
 */
function primaryOf(answer) {
  const { primary_instance_id: primary } = objectOf('POST', CHECK_IN, answer);
  if (primary !== null && typeof primary !== 'string') {
    throw unexpected('POST', CHECK_IN, '`primary_instance_id` is neither a string nor null');
  }
  return primary;
}

export { Election, FENCE };
