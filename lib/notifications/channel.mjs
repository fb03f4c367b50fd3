import { loadNative } from '../bridge/addon.mjs';
import { isMissing } from '../bridge/addon-missing.mjs';
import {
  NOTIFICATION_ERROR_BODY,
  NOTIFICATION_ERROR_CODE,
  NOTIFICATION_ERROR_ERRNO,
  NOTIFICATION_ERROR_MESSAGE,
  NOTIFICATION_ERROR_STATUS,
  NOTIFICATION_ERROR_SYSCALL,
  NOTIFICATION_ERROR_WIDTH,
} from '../bridge/wire.mjs';
import { systemError } from '../errors.mjs';
import { invalidArgument } from '../invalid-argument.mjs';
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
      throw invalidArgument(/** @type {Error} */ (error).message);
    }
    if (isMissing(error)) {
      return new MissingChannel(/** @type {any} */ (error));
    }
    throw error;
  }
}

/**
 * @param {any[]} event the event; optionally followed by the cause of the error
 * @param {string} socketPath
 */
function channelError(event, socketPath) {
  const code = event[NOTIFICATION_ERROR_CODE];
  const message = event[NOTIFICATION_ERROR_MESSAGE];
  const syscall = event[NOTIFICATION_ERROR_SYSCALL];
  if (!syscall) {
    const [status, body, cause] = [
      event[NOTIFICATION_ERROR_STATUS],
      event[NOTIFICATION_ERROR_BODY],
      event[NOTIFICATION_ERROR_WIDTH],
    ];
    return new NotificationError(message, { code, socketPath, status, body, cause });
  }
  const errno = -event[NOTIFICATION_ERROR_ERRNO];
  const cause = systemError({ code, syscall, errno, address: socketPath });
  return new NotificationError(message, { code, socketPath, syscall, errno, cause });
}

export { channelError, createChannel };
