/**
 * Loads the code that many programs never need. Synchronous, because it is needed in the middle of a call.
 *
 * @returns {typeof import('./later.mjs')}
 */
export function loadLater() {
  return require('./later.mjs');
}
