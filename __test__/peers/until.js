'use strict';

const { setTimeout: sleep } = require('node:timers/promises');

/**
 * Waits until the condition holds; fails the test when it never does.
 *
 * @template T
 * @param {() => T | Promise<T>} condition
 * @param {string | (() => string)} what named in the failure
 * @param {number} [limitMs] upper bound, generous because nothing is timed by it
 * @returns {Promise<T>} what the condition gave
 */
async function until(condition, what, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never happened: ${typeof what === 'function' ? what() : what}`);
    await sleep(5);
  }
}

/**
 * Bounds a promise, so that a lost one fails its test by name instead of hanging the run.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what named in the failure
 * @param {number} [limitMs]
 * @returns {Promise<T>}
 */
async function within(promise, what, limitMs = 30_000) {
  let timer;
  const limit = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`never settled: ${what}`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { until, within };
