import { invalidArgument } from '../invalid-argument.mjs';
import { Backoff } from './backoff.mjs';
import { call, callUntilAnswered, unexpected } from './call.mjs';
import { now } from './clock.mjs';
import { deferred } from './deferred.mjs';
import { milliseconds } from './duration.mjs';
import { AnswerError, LiveError } from './error.mjs';
import { checkMilliseconds, checkOptions, checkText, clientOf, wrongType } from './options.mjs';
import { LivePart } from './part.mjs';
import { Term } from './term.mjs';

const OPTIONS = ['priority', 'deadlineMs', 'checkinIntervalMs', 'instanceId'];

const CHECK_IN = '/v1/ha/election/checkin';
const CONTAINER = '/v1/container';

/** The setting of a container without which it holds no elections. */
const SETTING = 'config.deploy.ha_elections.stale_primary_deadline';

/** The part of the deadline after which a primary that was not confirmed stops. The rest is for clocks that differ. */
const FENCE = 0.8;

/** Delay before the first check-in after one that failed, in milliseconds. */
const RETRY = 1000;

/** How long giving up waits for its answer, in milliseconds. */
const FAREWELL = 5000;

/** How long giving up waits for a check-in that is on its way, in milliseconds. */
const PATIENCE = 250;

/** Range of `priority`: that of the declaration's type, `int32`. */
const PRIORITY = { least: -(2 ** 31), most: 2 ** 31 - 1 };

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
      const { promise, resolve } = deferred();
      term.work.add(promise);
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
      this.timers.start(() => {
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
    const timer = this.timers.start(() => late.abort(tooLate(limit)), limit);
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
    this.emit('checkin', { primaryInstanceId: primary });
  }

  /** @param {unknown} error */
  #failed(error) {
    if (this.ended.aborted) {
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
      // Timers count whole milliseconds, and may be early by less than one.
      this.#fenceTimer = this.timers.start(() => this.#onFence(), 1);
    }
  }

  /**
   * Emits `elected`, and remembers the promises that listeners return: their work ends before this instance gives up.
   *
   * @param {Term} term
   */
  #announce(term) {
    for (const listener of this.rawListeners('elected')) {
      const result = Reflect.apply(listener, this, [term]);
      if (typeof result?.then === 'function') {
        term.work.add(Promise.resolve(result).catch((error) => this.emit('error', error)));
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
      this.emit('lost', reason);
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
    this.#wake();
    const limit = term?.remainingMs ?? 0;
    this.#lose(new LiveError('ERR_CYCLE_RESIGNED', 'This instance is no longer the primary: it gave up.'));
    // A check-in on its way could reach the platform after the farewell.
    const patience = this.timers.start(() => this.#onItsWay?.abort(this.ended.reason), PATIENCE);
    try {
      await Promise.all([sending?.catch(() => {}), this.#workOf(term, limit)]);
      this.timers.stop(patience);
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
   * @param {Term | undefined} term
   * @param {number} limit milliseconds
   * @returns {Promise<void>}
   */
  #workOf(term, limit) {
    if (!term || term.work.size === 0) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = this.timers.start(resolve, limit);
      Promise.all(term.work).then(() => {
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
 * @param {string} why
 * @param {unknown} [cause]
 */
function leaseLost(why, cause) {
  return new LiveError(
    'ERR_CYCLE_LEASE_LOST',
    `This instance is no longer the primary: ${why}.`,
    cause === undefined ? undefined : { cause },
  );
}

/** @param {number} limit */
function tooLate(limit) {
  const message = `POST ${CHECK_IN} was not answered within ${Math.round(limit)} ms, so that the answer no longer counts.`;
  return new LiveError('ERR_CYCLE_LEASE_LATE', message);
}

/**
 * The error for a container without elections, where an answer says so.
 *
 * @param {unknown} error
 */
function electionsOff(error) {
  if (error instanceof AnswerError && error.status === 404) {
    return noElections(error);
  }
  return undefined;
}

/** @param {unknown} [cause] */
function noElections(cause) {
  return new LiveError(
    'ERR_CYCLE_ELECTIONS_OFF',
    `This container holds no elections: set \`${SETTING}\` of the container to 15s or more.`,
    cause === undefined ? undefined : { cause },
  );
}

/**
 * @param {any} answer
 * @returns {string | null}
 */
function primaryOf({ primary_instance_id: primary }) {
  if (primary !== null && typeof primary !== 'string') {
    throw unexpected('POST', CHECK_IN, '`primary_instance_id` is neither a string nor null');
  }
  return primary;
}

/**
 * Joins the election of this container's primary. Documented in `live.d.ts`.
 *
 * @param {any} [options]
 */
async function joinElection(options = {}) {
  checkOptions('joinElection', options, OPTIONS);
  const { priority = 0, deadlineMs, checkinIntervalMs, signal } = options;
  if (typeof priority !== 'number') {
    throw wrongType('joinElection: `priority` must be a number');
  }
  if (!(Number.isInteger(priority) && priority >= PRIORITY.least && priority <= PRIORITY.most)) {
    const message = `joinElection: \`priority\` must be a whole number of 32 bits, not ${priority}`;
    throw Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
  }
  checkMilliseconds('joinElection', 'deadlineMs', deadlineMs);
  checkMilliseconds('joinElection', 'checkinIntervalMs', checkinIntervalMs);
  checkText('joinElection', 'instanceId', options.instanceId);
  const instanceId = options.instanceId ?? process.env.CYCLE_INSTANCE_ID;
  if (!instanceId) {
    throw new LiveError(
      'ERR_CYCLE_NO_INSTANCE_ID',
      'joinElection must know which instance this is: CYCLE_INSTANCE_ID, which the platform sets, is missing. Give `instanceId`.',
    );
  }
  signal?.throwIfAborted();
  const access = { ...clientOf(options), signal };
  try {
    const deadline = deadlineMs ?? (await readDeadline(access));
    const interval = checkinIntervalMs ?? deadline / 3;
    if (interval >= deadline * FENCE) {
      throw invalidArgument(
        `joinElection: \`checkinIntervalMs\` (${interval}) must be less than 80 % of the deadline (${deadline} ms)`,
      );
    }
    signal?.throwIfAborted();
    return new Election(access, { instanceId, priority, deadline, interval });
  } catch (error) {
    access.release();
    throw error;
  }
}

/**
 * Asks for the deadline of this container, until there is an answer.
 *
 * @param {{ client: any, signal?: AbortSignal }} access
 * @returns {Promise<number>} milliseconds
 */
async function readDeadline({ client, signal }) {
  const container = await callUntilAnswered(client, 'GET', CONTAINER, { signal });
  const text = container.config?.deploy?.ha_elections?.stale_primary_deadline;
  if (text === undefined || text === null) {
    throw noElections();
  }
  const deadline = milliseconds(text);
  if (!deadline) {
    throw unexpected('GET', CONTAINER, `\`${SETTING}\` is ${JSON.stringify(text)}, which is no duration`);
  }
  return deadline;
}

export { Election, joinElection };
