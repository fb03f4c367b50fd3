'use strict';

const { getClient } = require('./client');
const { NotificationSocket, connectNotifications } = require('./notification-socket');

/**
 * Loaded when it is first used.
 *
 * @type {typeof import('./environment-metadata').getEnvironmentMetadata}
 */
const getEnvironmentMetadata = (options) => require('./environment-metadata').getEnvironmentMetadata(options);

module.exports = { NotificationSocket, connectNotifications, getClient, getEnvironmentMetadata };
