import { loadNative } from '../bridge/addon.mjs';
import { isMissing } from '../bridge/addon-missing.mjs';
import {
  FAULT_BODY,
  FAULT_CODE,
  FAULT_ERRNO,
  FAULT_MESSAGE,
  FAULT_STATUS,
  FAULT_SYSCALL,
  FAULT_WIDTH,
} from '../bridge/wire.mjs';
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
 * @param {any[]} fault the event, and behind it the error that it comes from, if that is known
 * @param {string} socketPath
 */
function channelError(fault, socketPath) {
  const code = fault[FAULT_CODE];
  const message = fault[FAULT_MESSAGE];
  const syscall = fault[FAULT_SYSCALL];
  if (!syscall) {
    const [status, body, cause] = [fault[FAULT_STATUS], fault[FAULT_BODY], fault[FAULT_WIDTH]];
    return new NotificationError(message, { code, socketPath, status, body, cause });
  }
  const errno = -fault[FAULT_ERRNO];
  const cause = systemError({ code, syscall, errno, address: socketPath });
  return new NotificationError(message, { code, socketPath, syscall, errno, cause });
}

export { channelError, createChannel };
