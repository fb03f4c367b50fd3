// The exports of the package.

// Loaded first, so that the timers are those of the time when the package was loaded.
import './timers.mjs';

export { getClient } from './client/client.mjs';
export { getEnvironmentMetadata } from './environment-metadata.mjs';
export { connectNotifications, NotificationSocket } from './notifications/socket.mjs';
