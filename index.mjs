import cycle from './index.js';

export const { NotificationSocket, connectNotifications, getClient, getEnvironmentMetadata } = cycle;
export default cycle;
