import { loadNative } from '../bridge/addon.mjs';
import { isMissing } from '../bridge/addon-missing.mjs';
import { systemError } from '../errors.mjs';
import { NotificationError } from './error.mjs';
import { MissingChannel } from './missing-channel.mjs';

/**
 * @param {import('../../binding.js').NotificationChannelOptions} settings
 * @param {(item: any) => void} deliver
 */
function createChannel(settings, deliver) {
  try {
    const { NotificationChannel } = loadNative();
    return new NotificationChannel(settings, deliver);
  } catch (error) {
    if (/** @type {any} */ (error)?.code === 'InvalidArg') {
      const message = /** @type {Error} */ (error).message;
      throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
    }
    if (isMissing(error)) {
      return new MissingChannel(/** @type {any} */ (error));
    }
    throw error;
  }
}

/**
 * @param {any[]} details as `fault_values` in `src/bridge/notifications.rs` lists them, and a cause
 * @param {string} socketPath
 */
function channelError([code, message, syscall, errno, status, body, reason], socketPath) {
  if (!syscall) {
    return new NotificationError(message, { code, socketPath, status, body, cause: reason });
  }
  const number = -errno;
  const cause = systemError({ code, syscall, errno: number, address: socketPath });
  return new NotificationError(message, { code, socketPath, syscall, errno: number, cause });
}

export { channelError, createChannel };
