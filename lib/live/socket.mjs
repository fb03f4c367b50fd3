import { NotificationSocket } from '../notifications/socket.mjs';
import { accessFor } from './options.mjs';

/** @typedef {Record<'idleTimeoutMs' | 'reconnectBaseDelayMs' | 'reconnectMaxDelayMs', number>} Durations in milliseconds */

/**
 * Makes the socket for the notifications that a live part needs.
 *
 * @param {any} options
 * @param {string[]} topics
 * @param {Durations} durations
 */
function socketFor(options, topics, { idleTimeoutMs, reconnectBaseDelayMs, reconnectMaxDelayMs }) {
  return new NotificationSocket({
    ...accessFor(options),
    topics: /** @type {any} */ (topics),
    jitter: true,
    idleTimeoutMs,
    headersTimeoutMs: idleTimeoutMs,
    reconnectBaseDelayMs,
    reconnectMaxDelayMs,
  });
}

export { socketFor };
