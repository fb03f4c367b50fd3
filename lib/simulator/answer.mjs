import { invalidArgument } from '../invalid-argument.mjs';

/** @typedef {import('../../testing.js').SimulatedAnswer} SimulatedAnswer */

const KEYS = new Set(['status', 'headers', 'body', 'text', 'bytes', 'delayMs', 'times', 'drop']);

/**
 * Converts an answer to what the addon takes.
 *
 * @param {SimulatedAnswer} answer
 * @returns {[text: string, bytes: Uint8Array | undefined]}
 */
function encodeAnswer(answer) {
  if (answer === null || typeof answer !== 'object') {
    throw invalidArgument(`an answer must be an object or a function, not ${answer === null ? 'null' : typeof answer}`);
  }
  const unknown = Object.keys(answer).find((key) => !KEYS.has(key));
  if (unknown !== undefined) {
    throw invalidArgument(`an answer has no "${unknown}"; it may have ${[...KEYS].join(', ')}`);
  }
  const { status, headers, body, text, bytes, delayMs, drop } = answer;
  if (status !== undefined && !Number.isInteger(status)) {
    throw invalidArgument(`the status must be a whole number from 200 to 599, not ${String(status)}`);
  }
  if (bytes !== undefined && !(bytes instanceof Uint8Array)) {
    throw invalidArgument('bytes must be a Uint8Array');
  }
  if (delayMs !== undefined) {
    checkMilliseconds('delayMs', delayMs);
  }
  const encoded = {
    status,
    headers: headers === undefined ? undefined : headerPairs(headers),
    body: body === undefined ? undefined : [body],
    text,
    delayMs,
    drop,
  };
  return [JSON.stringify(encoded), bytes];
}

/**
 * @param {NonNullable<SimulatedAnswer['headers']>} headers
 * @returns {string[][]}
 */
function headerPairs(headers) {
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  return pairs.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
}

/**
 * Checks how often an answer is given, and converts it to what the addon takes.
 *
 * @param {number | undefined} times
 */
function checkTimes(times) {
  if (times === undefined || times === Number.POSITIVE_INFINITY) {
    return undefined;
  }
  if (!Number.isInteger(times) || times < 0) {
    throw invalidArgument(`times must be a whole number from 0, not ${String(times)}`);
  }
  return times;
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function checkMilliseconds(name, value) {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw invalidArgument(`${name} must be a number of milliseconds from 0, not ${String(value)}`);
  }
}

export { checkMilliseconds, checkTimes, encodeAnswer };
