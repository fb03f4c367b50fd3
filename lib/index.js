'use strict';

const { getClient } = require('./client');
const { getEnvironmentMetadata } = require('./environment-metadata');
const { NotificationSocket, connectNotifications } = require('./notification-socket');

module.exports = { NotificationSocket, connectNotifications, getClient, getEnvironmentMetadata };
