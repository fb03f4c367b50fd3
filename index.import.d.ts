import type { Client } from 'openapi-fetch' with { 'resolution-mode': 'import' };
import type { ClientOptions, Closable, paths } from './index.js';

export * from './index.js';

// openapi-fetch has declarations of its own for ESM, and a client must be assignable to those.

/**
 * A typed client of the internal API: openapi-fetch's, and a way to close it.
 *
 * Every method resolves to `{ data, response }` for a 2xx answer and to `{ error, response }` for any other. It
 * rejects with a {@link TransportError} when there is no complete answer, with an {@link InvalidJsonError} when the
 * answer is not JSON, and with the signal's reason when it is aborted.
 */
export interface InternalApiClient extends Client<paths>, Closable {}

/**
 * Makes a client of the internal API. Nothing is read, connected or started before its first call.
 *
 * @throws {MissingTokenError} when there is no token, or an empty one
 * @throws {RangeError} when a limit is not a positive number
 */
export declare function getClient(options?: ClientOptions): InternalApiClient;
