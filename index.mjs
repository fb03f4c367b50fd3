import cycle from './dist/index.js';

export const { connectNotifications, getClient, getEnvironmentMetadata, NotificationSocket } = cycle;
export default cycle;
