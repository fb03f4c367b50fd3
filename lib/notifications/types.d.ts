import type { EventEmitter } from 'node:events';
import type { NotificationErrorCode } from '../../generated/error-codes.js';
import type { NotificationMessage } from '../../generated/notification.js';

export type { NotificationErrorCode } from '../../generated/error-codes.js';

/** A topic of the message type, or all topics below one: `container.*`. */
type TopicPattern<T> = (T extends { topic: infer Name extends string } ? Name : string) | `${string}.*`;

/**
 * Options of a {@link NotificationSocket}.
 *
 * @example
 * ```ts
 * import { connectNotifications, type NotificationSocketOptions } from '@cycleplatform/internal-api-client';
 *
 * const options: NotificationSocketOptions = { topics: ['container.*'], idleTimeoutMs: 60_000 };
 * const socket = connectNotifications(options);
 * ```
 */
export interface NotificationSocketOptions<T = NotificationMessage> {
  /**
   * Path of the API's Unix socket.
   * Default: the environment variable `CYCLE_API_SOCKET`, otherwise `/var/run/cycle/api/api.sock`.
   */
  socketPath?: string | undefined;
  /**
   * Credential of this instance. Default: the environment variable `CYCLE_API_TOKEN`, read by the constructor. Without
   * one, no token is sent.
   */
  token?: string | undefined;
  /** Whether to reconnect after every end of the connection that {@link NotificationSocket.close} did not ask for. Default true. */
  reconnect?: boolean | undefined;
  /** Delay before the first attempt to reconnect, in milliseconds; it doubles with each. Default 1000. */
  reconnectBaseDelayMs?: number | undefined;
  /** Longest delay between attempts, in milliseconds. Default 30000. */
  reconnectMaxDelayMs?: number | undefined;
  /** Takes each delay at random between its half and its whole. Default false. */
  jitter?: boolean | undefined;
  /**
   * Further headers of the handshake, with values of Latin-1 characters; others throw. The token wins over a header of its
   * name.
   */
  headers?: Record<string, string | undefined> | undefined;
  /**
   * Topics that are wanted: whole names, and prefixes written `container.*`. Other messages never reach JavaScript;
   * a message that is not JSON does. An empty list lets nothing through. Default: all topics.
   */
  topics?: readonly TopicPattern<T>[] | undefined;
  /** Closes the socket when it aborts, and ends loops over it with the signal's reason. Once aborted, it cannot be connected. */
  signal?: AbortSignal | undefined;
  /**
   * Silence, in milliseconds, after which the server counts as dead (`ERR_CYCLE_IDLE_TIMEOUT`): half of it brings a ping,
   * and as much again without an answer the end of the connection. It bounds the handshake too. What came in time counts,
   * however long this process was stopped. Default 0: no limit.
   */
  idleTimeoutMs?: number | undefined;
  /**
   * Time, in milliseconds, in which the server has to answer the handshake; beyond it the attempt fails with
   * `ERR_CYCLE_HEADERS_TIMEOUT`. 0: no limit. Default 300000.
   */
  headersTimeoutMs?: number | undefined;
  /**
   * Bytes that may wait for JavaScript before reading from the socket pauses. Nothing is dropped. During a pause the
   * server's pings are not seen, for they are behind what is not read: it gets a pong of its own every 10 seconds instead,
   * and the answers when reading goes on. Default 16777216 (16 MiB).
   */
  highWaterMark?: number | undefined;
  /** Largest message in bytes; beyond it the connection is closed with 1009 and `ERR_CYCLE_MESSAGE_TOO_LARGE`. Default 67108864 (64 MiB). */
  maxMessageBytes?: number | undefined;
}

/**
 * What the listeners of `open` get.
 *
 * @example
 * ```ts
 * import { connectNotifications, type NotificationOpenInfo } from '@cycleplatform/internal-api-client';
 *
 * connectNotifications().on('open', ({ reconnected }: NotificationOpenInfo) => {
 *   if (reconnected) console.log('Notifications may be missing');
 * });
 * ```
 */
export interface NotificationOpenInfo {
  /**
   * The stream was open before, and was not closed by {@link NotificationSocket.close} since: notifications may be missing
   * between the two.
   */
  reconnected: boolean;
}

/**
 * What stands in {@link NotificationSocket.iterate} where notifications may be missing.
 *
 * @example
 * ```ts
 * import type { NotificationGap, NotificationMessage } from '@cycleplatform/internal-api-client';
 *
 * function isGap(item: NotificationMessage | NotificationGap): item is NotificationGap {
 *   return 'gap' in item;
 * }
 * ```
 */
export interface NotificationGap {
  readonly gap: true;
}

/**
 * Options of {@link NotificationSocket.iterate}.
 *
 * @example
 * ```ts
 * import { connectNotifications, type NotificationIterateOptions } from '@cycleplatform/internal-api-client';
 *
 * const options: NotificationIterateOptions = { gaps: true };
 * for await (const item of connectNotifications().iterate(options)) {
 *   console.log('gap' in item ? 'Notifications may be missing' : item.topic);
 * }
 * ```
 */
export interface NotificationIterateOptions {
  /** Whether to yield a {@link NotificationGap} after a reconnect and in the place of a message that cannot be read. Default false. */
  gaps?: boolean | undefined;
}

/**
 * The events of a {@link NotificationSocket} and what their listeners get.
 *
 * @example
 * ```ts
 * import { connectNotifications, type NotificationSocketEventMap } from '@cycleplatform/internal-api-client';
 *
 * function onReconnecting(...[attempt, delayMs]: NotificationSocketEventMap['reconnecting']) {
 *   console.log(`Attempt ${attempt} in ${delayMs} ms`);
 * }
 * connectNotifications().on('reconnecting', onReconnecting);
 * ```
 */
export interface NotificationSocketEventMap<T = NotificationMessage> {
  /** The stream is open. */
  open: [info: NotificationOpenInfo];
  /** The text of a message, before it is parsed. */
  raw: [text: string];
  /** A message. */
  notification: [notification: T];
  /** Something failed. After a message that cannot be read the stream goes on, after anything else `close` follows. */
  error: [error: NotificationError];
  /**
   * The connection, or the attempt to make one, is over: with the code and text of the server's close frame, 1005 when
   * it had no code, 1006 when there was no such frame.
   */
  close: [code: number, reason: string];
  /** The next attempt, counted from 1 after an `open` and after `close()` and `connect()`, comes after a delay in milliseconds. */
  reconnecting: [attempt: number, delayMs: number];
}

/**
 * A failure of a notification stream.
 *
 * @example
 * ```ts
 * import { connectNotifications, type NotificationError } from '@cycleplatform/internal-api-client';
 *
 * connectNotifications().on('error', (error: NotificationError) => console.log(error.code, error.status));
 * ```
 */
export interface NotificationError extends Error {
  /** What happened, as a stable name. */
  code: NotificationErrorCode;
  /** The socket that was used. */
  socketPath: string;
  /** HTTP status, when the server refused the handshake. */
  status?: number;
  /** Beginning of the answer's body, when the server refused the handshake. */
  body?: string;
  /** The system call that failed, with system errors. */
  syscall?: string;
  /** The negative number of the system error. */
  errno?: number;
}

/**
 * The notifications of the platform as events, over one WebSocket that reconnects by itself.
 *
 * The process stays alive from {@link connect} until {@link close}, or until the stream ends with `reconnect: false`.
 * An `error` without a listener is thrown, as by any emitter. Listeners run in the context (`AsyncLocalStorage`) of the
 * call of {@link connect}, the body of a loop in its own.
 *
 * `for await (const notification of socket)` gives one notification at a time. While such a loop is slow, the whole
 * socket is held back. It goes on over reconnects and over messages that cannot be read. It ends when the socket is
 * closed, and throws when the stream ends with a failure. Leaving it does not close the socket.
 *
 * @template T what a parsed message is taken for
 * @example
 * ```ts
 * import { NotificationSocket } from '@cycleplatform/internal-api-client';
 *
 * const socket = new NotificationSocket({ topics: ['container.state.changed'] });
 * socket.on('notification', ({ object }) => console.log(object.id, object.state));
 * socket.on('error', (error) => console.log(error.message));
 * socket.connect();
 * ```
 */
export declare class NotificationSocket<T = NotificationMessage> extends EventEmitter<NotificationSocketEventMap<T>> {
  /**
   * Prepares a socket; nothing is opened before {@link connect}.
   *
   * @throws {TypeError} when an option is of the wrong kind, or a header or topic pattern is invalid
   * @throws {RangeError} when a number is out of range
   */
  constructor(options?: NotificationSocketOptions<T> & { captureRejections?: boolean | undefined });

  /** Calls the listeners of `error`. Any `Error` will do; those of the socket are a {@link NotificationError}. */
  emit(event: 'error', error: Error): boolean;
  /** Calls the listeners of `open`, without an argument as programs did before there was one. */
  emit(event: 'open', info?: NotificationOpenInfo): boolean;
  /** Calls the listeners of an event with its arguments. Returns whether there were any. */
  emit<Name extends keyof NotificationSocketEventMap<T>>(
    event: Name,
    ...args: NotificationSocketEventMap<T>[Name]
  ): boolean;

  /** Whether the stream is open: true from `open` until it ends, which an `error` may say first, or {@link close} is called. */
  get connected(): boolean;

  /**
   * Connects; does nothing when already connected or connecting. While it waits to reconnect, the attempt is made at
   * once. While an earlier connection is closing, it follows its end.
   */
  connect(): this;

  /**
   * Closes the connection, without a code, and stops reconnecting. Messages that were not delivered yet are dropped;
   * `close` follows, if there was a connection or an attempt, with what the server answered: as a rule 1005.
   */
  close(): void;

  /** Keeps the process alive while the socket is in use, which is the default. */
  ref(): this;

  /** Lets the process end although the socket is in use. */
  unref(): this;

  /** The notifications from now on. With `gaps: true` there is a {@link NotificationGap} wherever some may be missing. */
  iterate(options: NotificationIterateOptions & { gaps: true }): AsyncIterableIterator<T | NotificationGap>;
  iterate(options?: NotificationIterateOptions & { gaps?: false | undefined }): AsyncIterableIterator<T>;
  iterate(options?: NotificationIterateOptions): AsyncIterableIterator<T | NotificationGap>;

  /** The notifications from now on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;

  /** Closes, and waits until the connection is gone. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a {@link NotificationSocket} and connects it.
 *
 * @example
 * ```ts
 * import { connectNotifications } from '@cycleplatform/internal-api-client';
 *
 * for await (const { topic, object } of connectNotifications()) {
 *   console.log(topic, object.id);
 * }
 * ```
 */
export declare function connectNotifications<T = NotificationMessage>(
  options?: NotificationSocketOptions<T>,
): NotificationSocket<T>;
