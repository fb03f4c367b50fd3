'use strict';

/**
 * Keeps this thread busy, as a long computation does.
 *
 * @param {number} milliseconds
 */
function beBusy(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

module.exports = { beBusy };
