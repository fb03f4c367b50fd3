import { setImmediate as immediate, setTimeout as start, clearTimeout as stop } from 'node:timers';

// Node's timers as they are when the package is loaded: fake ones of a test runner may take their place later.
export const clearTimeout = stop;
export const setImmediate = immediate;
export const setTimeout = start;
