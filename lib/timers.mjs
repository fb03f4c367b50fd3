import { setImmediate as immediate, setTimeout as start, clearTimeout as stop } from 'node:timers';

// Node's timers, kept when the package is loaded, because a test runner may replace them by fake ones later.
export const clearTimeout = stop;
export const setImmediate = immediate;
export const setTimeout = start;
