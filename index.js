'use strict';

// Each part is loaded when it is first used.
module.exports = {
  /** @type {typeof import('./lib/client').getClient} */
  getClient: (options) => require('./lib/client').getClient(options),
  /** @type {typeof import('./lib/notification-socket').connectNotifications} */
  connectNotifications: (options) => require('./lib/notification-socket').connectNotifications(options),
  /** @type {typeof import('./lib/notification-socket').NotificationSocket} */
  get NotificationSocket() {
    return require('./lib/notification-socket').NotificationSocket;
  },
  /** @type {typeof import('./lib/environment-metadata').getEnvironmentMetadata} */
  getEnvironmentMetadata: (options) => require('./lib/environment-metadata').getEnvironmentMetadata(options),
};
