/**
 * The details of a failure, besides its message.
 *
 * @typedef {object} Details
 * @property {string} code
 * @property {string} socketPath
 * @property {unknown} [cause]
 * @property {string} [syscall]
 * @property {number} [errno]
 * @property {number} [status]
 * @property {string} [body]
 */

/** An error of a notification socket. `code` is stable; the message says what was attempted on which socket. */
class NotificationError extends Error {
  /**
   * @param {string} message
   * @param {Details} details
   */
  constructor(message, { code, socketPath, cause, syscall, errno, status, body }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (syscall) {
      this.errno = errno;
      this.syscall = syscall;
    }
    if (status) {
      this.status = status;
      this.body = body;
    }
    this.socketPath = socketPath;
  }
}

export { NotificationError };
