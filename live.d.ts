import type { EventEmitter } from 'node:events';
import type { LiveErrorCode } from './generated/error-codes.js';
import type { InternalApiClient } from './index.js';

export type { LiveErrorCode } from './generated/error-codes.js';

/**
 * Options that every function of this module takes.
 *
 * @example
 * ```ts
 * import { joinElection, type LiveOptions } from '@cycleplatform/internal-api-client/live';
 *
 * const stop = new AbortController();
 * const options: LiveOptions = { signal: stop.signal };
 * const election = await joinElection({ ...options, priority: 5 });
 * ```
 */
export interface LiveOptions {
  /** A client of `getClient()` for the calls. It is left open. Default: one of its own. */
  client?: InternalApiClient | undefined;
  /**
   * Path of the API's Unix socket.
   * Default: the environment variable `CYCLE_API_SOCKET`, otherwise `/var/run/cycle/api/api.sock`.
   */
  socketPath?: string | undefined;
  /** Credential of this instance. Default: the environment variable `CYCLE_API_TOKEN`. */
  token?: string | undefined;
  /** Ends everything when it aborts. Loops and what is waited for throw the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * An error of this module. `code` is stable; the message says what was attempted and what to do. Calls without an answer give
 * the errors of `getClient()` instead.
 *
 * @example
 * ```ts
 * import { joinElection, type LiveError } from '@cycleplatform/internal-api-client/live';
 *
 * joinElection().catch((error: LiveError) => {
 *   if (error.code === 'ERR_CYCLE_ELECTIONS_OFF') console.error(error.message);
 * });
 * ```
 */
export interface LiveError extends Error {
  code: LiveErrorCode;
  /** Status of the answer (`ERR_CYCLE_API`). */
  status?: number | undefined;
  /** The platform's own code, such as `403.permissions` (`ERR_CYCLE_API`). */
  apiCode?: string | undefined;
}

/**
 * What works until it is closed. It keeps the process alive unless `unref()` was called.
 *
 * `error` is emitted only to those who listen to it: what failed is tried again anyway.
 *
 * @example
 * ```ts
 * import { joinElection, type LivePart } from '@cycleplatform/internal-api-client/live';
 *
 * const parts: LivePart[] = [await joinElection()];
 * process.once('SIGTERM', () => Promise.all(parts.map((part) => part.close())));
 * ```
 */
export interface LivePart extends EventEmitter {
  /** Lets the process end while this works. */
  unref(): this;
  /** Keeps the process alive until this is closed, as at first. */
  ref(): this;
  /** Ends it. Loops over it end. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Options of {@link joinElection}.
 *
 * @example
 * ```ts
 * import { type ElectionOptions, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * const options: ElectionOptions = { priority: 10, checkinIntervalMs: 5000 };
 * const election = await joinElection(options);
 * ```
 */
export interface ElectionOptions extends LiveOptions {
  /** Preference of this instance, a whole number of 32 bits: the higher, the more likely it is elected. Default 0. */
  priority?: number | undefined;
  /**
   * Milliseconds without a check-in after which the platform elects another primary.
   * Default: the container's `config.deploy.ha_elections.stale_primary_deadline`, which is read once.
   */
  deadlineMs?: number | undefined;
  /** Milliseconds between check-ins, less than 80 % of the deadline. Up to a tenth less is waited. Default: a third of the deadline. */
  checkinIntervalMs?: number | undefined;
  /** ID of this instance. Default: the environment variable `CYCLE_INSTANCE_ID`. */
  instanceId?: string | undefined;
}

/**
 * The time in which this instance is the primary.
 *
 * @example
 * ```ts
 * import { type ElectionTerm, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * async function work({ signal }: ElectionTerm) {
 *   while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000));
 * }
 * const election = await joinElection();
 * for await (const term of election.terms()) await work(term);
 * ```
 */
export interface ElectionTerm {
  /**
   * Aborts when the term ends: with `ERR_CYCLE_LEASE_LOST` at the fence, which is 80 % of the deadline after the last check-in that
   * was answered was sent, or when another instance is the primary; with `ERR_CYCLE_RESIGNED` when this one gives up.
   */
  readonly signal: AbortSignal;
  /** When this instance learned that it is the primary. */
  readonly since: Date;
  /** Milliseconds until the fence; each answered check-in moves it. 0 after the end. */
  readonly remainingMs: number;
}

/**
 * The events of an {@link Election}, with the arguments of their listeners.
 *
 * @example
 * ```ts
 * import { type ElectionEventMap, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * const onCheckin = ({ primaryInstanceId }: ElectionEventMap['checkin'][0]) => console.log(primaryInstanceId);
 * (await joinElection()).on('checkin', onCheckin);
 * ```
 */
export interface ElectionEventMap {
  /** This instance is the primary. Promises that listeners return are waited for by {@link Election.resign}. */
  elected: [term: ElectionTerm];
  /** It no longer is. The reason is that of the term's signal. */
  lost: [reason: LiveError];
  /** A check-in was answered. */
  checkin: [outcome: { primaryInstanceId: string | null }];
  /** A check-in failed, and is tried again; or a listener's promise rejected. */
  error: [error: Error];
}

/**
 * The part that this instance has in the election of its container's primary.
 *
 * It is safe as long as the clocks of all instances and of the platform run at equal rates: at most one instance believes that it is
 * the primary. There is no fencing token, so that work already sent elsewhere may arrive late.
 *
 * @example
 * ```ts
 * import { type Election, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * const election: Election = await joinElection();
 * setInterval(() => {
 *   if (election.isPrimary) console.log('Only one instance says this');
 * }, 60_000);
 * process.once('SIGTERM', () => election.resign());
 * ```
 */
export interface Election extends LivePart {
  /** Whether this instance is the primary now. Looks at the time that is left, so that it is right after any delay. */
  readonly isPrimary: boolean;
  /** The term that lasts; undefined when this instance is not the primary. */
  readonly term: ElectionTerm | undefined;
  /**
   * A loop over the terms of this instance, which waits for each next one. It ends after {@link Election.resign} and `close()`.
   * A turn of the loop counts as the work of its term.
   */
  terms(): AsyncGenerator<ElectionTerm, void, undefined>;
  /**
   * Gives up for good: ends the term, waits until its work is done (no longer than the fence), and tells the platform, so that
   * another instance can be elected at once. Rejects if the platform could not be told; others then wait for the deadline.
   */
  resign(): Promise<void>;
  /** As {@link Election.resign}, but what fails is emitted as `error`. */
  close(): Promise<void>;
  on<E extends keyof ElectionEventMap>(event: E, listener: (...args: ElectionEventMap[E]) => unknown): this;
  once<E extends keyof ElectionEventMap>(event: E, listener: (...args: ElectionEventMap[E]) => unknown): this;
  off<E extends keyof ElectionEventMap>(event: E, listener: (...args: ElectionEventMap[E]) => unknown): this;
}

/**
 * Joins the election of this container's primary.
 *
 * @param options see {@link ElectionOptions}
 * @returns the election, once the deadline is known. Calls without an answer are tried again until `signal` aborts.
 * @throws `ERR_CYCLE_ELECTIONS_OFF` if the container has no `stale_primary_deadline`, `ERR_CYCLE_NO_INSTANCE_ID`, `ERR_CYCLE_API` for
 *   an answer that does not change by waiting, and `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE` for an option.
 *
 * @example
 * ```ts
 * import { joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * await using election = await joinElection();
 * election.on('lost', ({ message }) => console.log(message));
 * for await (const { signal } of election.terms()) {
 *   console.log('primary now', signal.aborted);
 * }
 * ```
 */
export declare function joinElection(options?: ElectionOptions): Promise<Election>;
