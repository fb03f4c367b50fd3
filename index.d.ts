import type { EnvironmentMetadata } from './generated/environment-metadata.js';
import type { TransportErrorCode } from './generated/error-codes.js';
import type { components, paths } from './generated/schema.js';
import type { Client } from './lib/client/types.js';

export type { EnvironmentMetadata } from './generated/environment-metadata.js';
export type { ErrorCode, TransportErrorCode } from './generated/error-codes.js';
export type { NotificationMessage } from './generated/notification.js';
export type { components, operations, paths } from './generated/schema.js';
export type { Topic } from './generated/topics.js';
export type {
  BodySerializer,
  Client,
  ClientMethod,
  ClientPathsWithMethod,
  ClientRequestMethod,
  DefaultParamsOption,
  FetchOptions,
  FetchResponse,
  HeadersOptions,
  InitParam,
  MaybeOptionalInit,
  MergedOptions,
  MethodResponse,
  Middleware,
  MiddlewareCallbackParams,
  MiddlewareOnError,
  MiddlewareOnRequest,
  MiddlewareOnResponse,
  MiddlewareRequestParams,
  ParamsOption,
  ParseAs,
  ParseAsResponse,
  PathSerializer,
  QuerySerializer,
  QuerySerializerOptions,
  RequestBodyOption,
  RequestOptions,
} from './lib/client/types.js';
export {
  connectNotifications,
  type NotificationError,
  type NotificationErrorCode,
  type NotificationGap,
  type NotificationIterateOptions,
  type NotificationOpenInfo,
  NotificationSocket,
  type NotificationSocketEventMap,
  type NotificationSocketOptions,
} from './lib/notifications/types.js';

/**
 * When a failed call is repeated. Only idempotent methods (GET, HEAD, OPTIONS, TRACE, PUT, DELETE) are.
 *
 * @example
 * ```ts
 * import { getClient, type RetryOptions } from '@cycleplatform/internal-api-client';
 *
 * const retry: RetryOptions = { retries: 3, maxDelayMs: 2000 };
 * const client = getClient({ retry });
 * ```
 */
export interface RetryOptions {
  /** Repeats after the first attempt. */
  retries: number;
  /** Longest delay before the first repeat, in milliseconds; it doubles with each, and a random part of it is waited. Default 100. */
  baseDelayMs?: number | undefined;
  /**
   * Longest delay, in milliseconds. An answer whose `Retry-After` asks for more is handed over as it is.
   * Default 30000.
   */
  maxDelayMs?: number | undefined;
}

/**
 * Options of {@link getClient}.
 *
 * @example
 * ```ts
 * import { type ClientOptions, getClient } from '@cycleplatform/internal-api-client';
 *
 * const options: ClientOptions = { timeoutMs: 5000, retry: 2 };
 * const client = getClient(options);
 * ```
 */
export interface ClientOptions {
  /** Credential of this instance. Default: the environment variable `CYCLE_API_TOKEN`, read when the client is made. */
  token?: string | undefined;
  /**
   * Path of the API's Unix socket.
   * Default: the environment variable `CYCLE_API_SOCKET`, otherwise `/var/run/cycle/api/api.sock`.
   */
  socketPath?: string | undefined;
  /** Limit on a whole call in milliseconds, repeats and body included. Default: none. Beyond it: `ERR_CYCLE_TIMEOUT`. */
  timeoutMs?: number | undefined;
  /**
   * Limit on the wait for the head of an answer in milliseconds, counted from when the request was written; 0 for none.
   * Default 300000. Beyond it: `ERR_CYCLE_HEADERS_TIMEOUT`, up to a tenth or a second later.
   */
  headersTimeoutMs?: number | undefined;
  /**
   * Limit on the wait for a further byte of an answer's body in milliseconds; 0 for none. Default 300000. A reader who takes
   * nothing is given all the time. Beyond it: `ERR_CYCLE_BODY_TIMEOUT`, up to a tenth or a second later.
   */
  bodyTimeoutMs?: number | undefined;
  /**
   * Milliseconds after which a connection that serves nobody is closed. Default 4000. Where a server names a time in
   * `Keep-Alive: timeout=`, a second less than that counts if it is shorter.
   */
  keepAliveTimeoutMs?: number | undefined;
  /**
   * Repeats after lost or refused connections and after answers with status 408, 429, 500, 502, 503 or 504;
   * `Retry-After` is honoured. A number stands for `{ retries }`. Default: off. A request that may have been carried out is
   * repeated only with an idempotent method, and none of which part of an answer came.
   */
  retry?: number | RetryOptions | undefined;
  /**
   * Connections open at a time; further calls wait for one. Default 1024, or half of the descriptors that the process may
   * have open (`ulimit -n`) where that is less.
   */
  maxConnections?: number | undefined;
  /** Bytes of response body, after decoding, that are accepted. Default: no limit. Beyond it: `ERR_CYCLE_RESPONSE_TOO_LARGE`. */
  maxResponseBytes?: number | undefined;
}

/**
 * What {@link InternalApiClient} has beyond openapi-fetch.
 *
 * @example
 * ```ts
 * import type { Closable } from '@cycleplatform/internal-api-client';
 *
 * async function stop(client: Closable) {
 *   await client.close();
 * }
 * ```
 */
export interface Closable {
  /**
   * Waits for the calls in flight, then closes the connections. Later calls reject with `ERR_CYCLE_CLOSED`.
   * A client that is not closed does not keep the process alive.
   */
  close(): Promise<void>;
  /** The same as {@link Closable.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A typed client of the internal API: that of openapi-fetch 0.15, and a way to close it. It can be given to whatever takes
 * openapi-fetch's `Client<paths>`, of 0.15 or 0.17.
 *
 * Every method resolves to `{ data, response }` for a 2xx answer and to `{ error, response }` for any other. It
 * rejects with a {@link TransportError} when there is no complete answer, with an {@link InvalidJsonError} when the
 * answer is not JSON, and with the signal's reason when it is aborted.
 *
 * @example
 * ```ts
 * import { getClient, type InternalApiClient } from '@cycleplatform/internal-api-client';
 *
 * const client: InternalApiClient = getClient();
 * const { data, error } = await client.GET('/v1/environment');
 * console.log(data ? data.data.name : error);
 * ```
 */
export interface InternalApiClient extends Client<paths>, Closable {}

/**
 * The `data` of the result when a call to `Path` with `Method` succeeds.
 *
 * @example
 * ```ts
 * import type { Result } from '@cycleplatform/internal-api-client';
 *
 * function show(environment: Result<'/v1/environment'>) {
 *   console.log(environment.data.name);
 * }
 * ```
 */
export type Result<
  Path extends keyof paths,
  Method extends keyof paths[Path] &
    ('get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch' | 'trace') = 'get' & keyof paths[Path],
> = paths[Path][Method] extends { responses: { 200: { content: { 'application/json': infer Data } } } } ? Data : never;

/**
 * Makes a client of the internal API. Nothing is read, connected or started before its first call.
 *
 * @throws {MissingTokenError} when there is no token, or an empty one
 * @throws {RangeError} when a limit is not a positive number
 * @example
 * ```ts
 * import { getClient } from '@cycleplatform/internal-api-client';
 *
 * const client = getClient({ timeoutMs: 5000 });
 * const { data } = await client.GET('/v1/environment');
 * console.log(data?.data.name);
 * ```
 */
export declare function getClient(options?: ClientOptions): InternalApiClient;

/**
 * Options of {@link getEnvironmentMetadata}.
 *
 * @example
 * ```ts
 * import { type EnvironmentMetadataOptions, getEnvironmentMetadata } from '@cycleplatform/internal-api-client';
 *
 * const options: EnvironmentMetadataOptions = { path: '/tmp/environment.json', validate: true };
 * const { data, error } = await getEnvironmentMetadata(options);
 * ```
 */
export interface EnvironmentMetadataOptions {
  /**
   * The file to read. Default: the environment variable `CYCLE_METADATA_PATH`, otherwise
   * `/var/run/cycle/metadata/environment.json`.
   */
  path?: string | undefined;
  /** Whether content of another shape than {@link EnvironmentMetadata} is an error (`ERR_CYCLE_METADATA_SHAPE`). Default false. */
  validate?: boolean | undefined;
}

/**
 * What {@link getEnvironmentMetadata} resolves to.
 *
 * @example
 * ```ts
 * import type { EnvironmentMetadataResult } from '@cycleplatform/internal-api-client';
 *
 * function idOf({ data, error }: EnvironmentMetadataResult) {
 *   if (error) throw error;
 *   return data.id;
 * }
 * ```
 */
export type EnvironmentMetadataResult =
  | { data: EnvironmentMetadata; error: null }
  | {
      data: null;
      /** With the system `code` when the file cannot be read, a `SyntaxError` when it is not JSON. */
      error: Error & { code?: string };
    };

/**
 * Reads what the platform says about the environment of this instance. It never rejects. The file is read anew by
 * each call.
 *
 * @example
 * ```ts
 * import { getEnvironmentMetadata } from '@cycleplatform/internal-api-client';
 *
 * const { data, error } = await getEnvironmentMetadata();
 * console.log(error ? error.message : data.id);
 * ```
 */
export declare function getEnvironmentMetadata(
  options?: EnvironmentMetadataOptions,
): Promise<EnvironmentMetadataResult>;

/**
 * A call without a complete answer: a `TypeError`, as fetch rejects with. Its `cause` is the error behind it.
 *
 * @example
 * ```ts
 * import { getClient, type TransportError } from '@cycleplatform/internal-api-client';
 *
 * await getClient()
 *   .GET('/v1/environment')
 *   .catch((error: TransportError) => console.log(error.code, error.path));
 * ```
 */
export interface TransportError extends TypeError {
  /** What happened, as a stable name. */
  code: TransportErrorCode;
  /** Method of the request. */
  method: string;
  /** Path and query of the request. */
  path: string;
  /** The socket that was used. */
  socketPath: string;
  /** The system call that failed, with system errors. */
  syscall?: string;
  /** The negative number of the system error. */
  errno?: number;
  cause: Error & { code?: string };
}

/**
 * An answer with status 2xx that is not JSON, where JSON was asked for. Its `cause` is the error of `JSON.parse`.
 *
 * @example
 * ```ts
 * import type { InvalidJsonError } from '@cycleplatform/internal-api-client';
 *
 * function isInvalidJson(error: unknown): error is InvalidJsonError {
 *   return error instanceof SyntaxError && 'code' in error && error.code === 'ERR_CYCLE_INVALID_JSON';
 * }
 * ```
 */
export interface InvalidJsonError extends SyntaxError {
  code: 'ERR_CYCLE_INVALID_JSON';
  method: string;
  path: string;
  socketPath: string;
  /** Status of the answer. */
  status: number;
}

/**
 * There is no token to identify with.
 *
 * @example
 * ```ts
 * import { getClient, type MissingTokenError } from '@cycleplatform/internal-api-client';
 *
 * try {
 *   getClient({ token: '' });
 * } catch (error) {
 *   console.log((error as MissingTokenError).code);
 * }
 * ```
 */
export interface MissingTokenError extends Error {
  code: 'ERR_CYCLE_MISSING_TOKEN';
}

/**
 * The native part of the package is missing on this system; thrown when it is first needed.
 *
 * @example
 * ```ts
 * import type { NativeMissingError } from '@cycleplatform/internal-api-client';
 *
 * function isNativeMissing(error: unknown): error is NativeMissingError {
 *   return error instanceof Error && 'code' in error && error.code === 'ERR_CYCLE_NATIVE_MISSING';
 * }
 * ```
 */
export interface NativeMissingError extends Error {
  code: 'ERR_CYCLE_NATIVE_MISSING';
}

/**
 * The error body of the platform.
 *
 * @example
 * ```ts
 * import type { ErrorEnvelope } from '@cycleplatform/internal-api-client';
 *
 * function show(envelope: ErrorEnvelope) {
 *   console.log(envelope.error.title);
 * }
 * ```
 */
export type ErrorEnvelope = components['schemas']['ErrorEnvelope'];
