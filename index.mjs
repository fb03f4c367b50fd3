import cycle from './index.js';

export const { getClient, getEnvironmentMetadata } = cycle;
export default cycle;
