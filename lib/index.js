'use strict';

const { getClient } = require('./client');

// The other parts are loaded when they are first used.
module.exports = {
  getClient,
  /** @type {typeof import('./notification-socket').connectNotifications} */
  connectNotifications: (options) => require('./notification-socket').connectNotifications(options),
  /** @type {typeof import('./notification-socket').NotificationSocket} */
  get NotificationSocket() {
    return require('./notification-socket').NotificationSocket;
  },
  /** @type {typeof import('./environment-metadata').getEnvironmentMetadata} */
  getEnvironmentMetadata: (options) => require('./environment-metadata').getEnvironmentMetadata(options),
};
