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
  /** Whether to reconnect whenever the connection ends without {@link NotificationSocket.close}. Default true. */
  reconnect?: boolean | undefined;
  /** Delay before the first attempt to reconnect, in milliseconds; it doubles with each. Default 1000. */
  reconnectBaseDelayMs?: number | undefined;
  /** Longest delay between attempts, in milliseconds. Default 30000. */
  reconnectMaxDelayMs?: number | undefined;
  /** Whether to shorten each delay at random, to no less than its half. Default false. */
  jitter?: boolean | undefined;
  /**
   * Further headers of the handshake. Values with characters outside Latin-1 throw. The token replaces a header of its name.
   */
  headers?: Record<string, string | undefined> | undefined;
  /**
   * Topics that are wanted: whole names, and prefixes written `container.*`. Other messages never reach JavaScript;
   * a message that is not JSON does. With an empty list, no notification is delivered. Default: all topics.
   */
  topics?: readonly TopicPattern<T>[] | undefined;
  /**
   * When it aborts, the socket is closed and loops over it throw the signal's reason. The socket cannot be connected
   * again.
   */
  signal?: AbortSignal | undefined;
  /**
   * Silence, in milliseconds, after which the server counts as dead (`ERR_CYCLE_IDLE_TIMEOUT`): after half of it a ping is
   * sent, and after the other half without an answer the connection is closed. It limits the handshake too. Data that
   * arrived in time counts, even if this process was stopped meanwhile. Default 0: no limit.
   */
  idleTimeoutMs?: number | undefined;
  /**
   * Time, in milliseconds, in which the server must answer the handshake; else the attempt fails with
   * `ERR_CYCLE_HEADERS_TIMEOUT`. 0: no limit. Default 300000.
   */
  headersTimeoutMs?: number | undefined;
  /**
   * Bytes that may wait for JavaScript before reading from the socket pauses. Nothing is dropped. During a pause the
   * server's pings are not read; instead it gets a pong every 10 seconds, and the answers when reading goes on.
   * Default 16777216 (16 MiB).
   */
  highWaterMark?: number | undefined;
  /**
   * Largest message in bytes; beyond it the connection is closed with 1009 and `ERR_CYCLE_MESSAGE_TOO_LARGE`. Default
   * 67108864 (64 MiB).
   */
  maxMessageBytes?: number | undefined;
}

/**
 * The argument of `open`.
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
   * Whether the stream was open before, and was not closed by {@link NotificationSocket.close} since. Notifications from
   * the time between may be missing.
   */
  reconnected: boolean;
}

/**
 * Marks a place in {@link NotificationSocket.iterate} where notifications may be missing.
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
  /** Whether to yield a {@link NotificationGap} after a reconnect and in place of a message that cannot be read. Default false. */
  gaps?: boolean | undefined;
}

/**
 * The events of a {@link NotificationSocket} and their arguments.
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
  /**
   * Something failed. After a message that cannot be read the stream goes on; after any other error `close` follows.
   */
  error: [error: NotificationError];
  /**
   * The connection, or the attempt to connect, has ended. Code and reason are those of the server's close frame; 1005 when
   * it had no code, 1006 when there was no close frame.
   */
  close: [code: number, reason: string];
  /**
   * The next attempt to connect follows after a delay in milliseconds. Attempts count from 1 after an `open` or a
   * `connect()`.
   */
  reconnecting: [attempt: number, delayMs: number];
}

/**
 * An error of a notification socket.
 *
 * @example
 * ```ts
 * import { connectNotifications, type NotificationError } from '@cycleplatform/internal-api-client';
 *
 * connectNotifications().on('error', (error: NotificationError) => console.log(error.code, error.status));
 * ```
 */
export interface NotificationError extends Error {
  /** The error code; stable. */
  code: NotificationErrorCode;
  /** The socket that was used. */
  socketPath: string;
  /** HTTP status, when the server refused the handshake. */
  status?: number;
  /** Beginning of the answer's body, when the server refused the handshake. */
  body?: string;
  /** For system errors: the system call that failed. */
  syscall?: string;
  /** For system errors: the negative error number. */
  errno?: number;
}

/**
 * The notifications of the platform as events, over one WebSocket that reconnects by itself.
 *
 * The process stays alive from {@link connect} until {@link close}, or until the stream ends with `reconnect: false`.
 * An `error` without a listener is thrown, as by any emitter. Listeners run in the context (`AsyncLocalStorage`) of the
 * call of {@link connect}, the body of a loop in its own.
 *
 * `for await (const notification of socket)` gives one notification at a time. A slow loop slows down the whole socket,
 * with all its listeners. The loop goes on after reconnects and after messages that cannot be read. It ends when the socket
 * is closed, and throws when the stream ends with an error. Leaving the loop does not close the socket.
 *
 * @template T type of a parsed message
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
   * Makes a socket, without connecting it.
   *
   * @throws {TypeError} when an option has the wrong type, or a header or topic pattern is invalid
   * @throws {RangeError} when a number is out of range
   */
  constructor(options?: NotificationSocketOptions<T> & { captureRejections?: boolean | undefined });

  /** Calls the listeners of `error` with any `Error`. The socket itself emits a {@link NotificationError}. */
  emit(event: 'error', error: Error): boolean;
  /**
   * Calls the listeners of `open`. The argument is optional, because programs written for the TypeScript client give
   * none.
   */
  emit(event: 'open', info?: NotificationOpenInfo): boolean;
  /** Calls the listeners of an event with its arguments. Returns whether there were any. */
  emit<Name extends keyof NotificationSocketEventMap<T>>(
    event: Name,
    ...args: NotificationSocketEventMap<T>[Name]
  ): boolean;

  /** Whether the stream is open: true from `open` until an error ends it, `close` is emitted or {@link close} is called. */
  get connected(): boolean;

  /**
   * Connects; does nothing when already connected or connecting. While a reconnection is delayed, connects at once. While
   * an earlier connection is closing, connects when that has ended.
   */
  connect(): this;

  /**
   * Closes the connection, without a code, and does not reconnect. Messages that were not delivered yet are dropped. If
   * there was a connection or an attempt, `close` follows with the code of the server's answer, usually 1005.
   */
  close(): void;

  /** Keeps the process alive while the socket is in use, which is the default. */
  ref(): this;

  /** Allows the process to end while the socket is in use. */
  unref(): this;

  /** Iterates over the notifications from now on. With `gaps: true` it yields a {@link NotificationGap} where some may be missing. */
  iterate(options: NotificationIterateOptions & { gaps: true }): AsyncIterableIterator<T | NotificationGap>;
  iterate(options?: NotificationIterateOptions & { gaps?: false | undefined }): AsyncIterableIterator<T>;
  iterate(options?: NotificationIterateOptions): AsyncIterableIterator<T | NotificationGap>;

  /** Iterates over the notifications from now on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;

  /** Closes, and waits until the connection has ended. */
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
