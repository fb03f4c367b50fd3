// What the package itself is made of.

// Now, and not when they are first needed: they are kept as they are when the package is loaded.
import './timers.mjs';

export { getClient } from './client/client.mjs';
export { getEnvironmentMetadata } from './environment-metadata.mjs';
export { connectNotifications, NotificationSocket } from './notifications/socket.mjs';
