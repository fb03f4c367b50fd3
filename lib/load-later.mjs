/**
 * Loads what a program may never need, at once and not by a promise: it is needed in the middle of a call.
 *
 * @returns {typeof import('./later.mjs')}
 */
export function loadLater() {
  return require('./later.mjs');
}
