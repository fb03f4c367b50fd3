import { TransportError } from '../errors.mjs';
import { Exchange } from './exchange.mjs';
import { hasIntegrity } from './integrity.mjs';
import { readBody } from './request.mjs';

/** @typedef {import('../bridge/native-client.mjs').NativeClient} NativeClient */

/**
 * Makes a `fetch` that sends requests through the client's socket, whatever host is in their URL.
 *
 * @param {NativeClient} client
 * @param {AbortSignal | null} [signal] aborts the call, as the request's own signal does
 */
function createFetch(client, signal) {
  /**
   * @param {Request} request
   * @returns {Promise<Response>}
   */
  return async function fetch(request) {
    for (const candidate of [request.signal, signal]) {
      candidate?.throwIfAborted();
    }
    const body = await readBody(request);
    /** @type {Response} */
    const response = await new Promise((resolve, reject) => {
      const signals = signal && signal !== request.signal ? [request.signal, signal] : [request.signal];
      new Exchange(client, request, body, signals, resolve, reject).start();
    });
    if (request.integrity && response.body) {
      await verify(request, response, client.address);
    }
    return response;
  };
}

/**
 * Reads the body of an answer and checks it by the option `integrity`.
 *
 * @param {Request} request
 * @param {Response} response
 * @param {string} socketPath
 */
async function verify(request, response, socketPath) {
  if (!hasIntegrity(new Uint8Array(await response.clone().arrayBuffer()), request.integrity)) {
    const { pathname, search } = new URL(request.url);
    const failure = { code: 'ERR_CYCLE_INTEGRITY', detail: 'the hash of the body is not the one in `integrity`' };
    throw new TransportError(failure, { method: request.method, path: pathname + search, socketPath });
  }
}

export { createFetch };
