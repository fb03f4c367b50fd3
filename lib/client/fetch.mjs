import { TransportError } from '../errors.mjs';
import { Exchange } from './exchange.mjs';
import { hasIntegrity } from './integrity.mjs';
import { readBody } from './request.mjs';

/** @typedef {import('../bridge/native-client.mjs').NativeClient} NativeClient */

/**
 * A `fetch` whose requests go through the client's socket, whatever host their URL names.
 *
 * @param {NativeClient} client
 * @param {AbortSignal | null} [signal] heeded beside the request's own
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
 * Holds an answer back until its body is known to be the one expected.
 *
 * @param {Request} request
 * @param {Response} response
 * @param {string} socketPath
 */
async function verify(request, response, socketPath) {
  if (!hasIntegrity(new Uint8Array(await response.clone().arrayBuffer()), request.integrity)) {
    const { pathname, search } = new URL(request.url);
    const failure = { code: 'ERR_CYCLE_INTEGRITY', detail: 'the body has another hash than `integrity` expects' };
    throw new TransportError(failure, { method: request.method, path: pathname + search, socketPath });
  }
}

export { createFetch };
