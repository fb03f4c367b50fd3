import testing from './testing.js';

export const { startSimulator } = testing;
export default testing;
