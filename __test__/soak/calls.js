'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { getClient } = require('../..');
const { within } = require('../peers/until.js');
const { Random, isWhole, sealed } = require('./random.js');

const IN_FLIGHT = 24;
const SETTLES_WITHIN_MS = 60_000;
const TOKEN = 'soak';

/** Methods that must not be repeated once a byte of them was written. A body that is a stream can't be repeated at all. */
const ONCE = new Set(['POST', 'streamed']);

/** What may become of a call that met a fault. Other codes are not expected of any of them. */
const FAILURES = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_CYCLE_BAD_RESPONSE',
  'ERR_CYCLE_BAD_ENCODING',
  'ERR_CYCLE_INVALID_JSON',
  'ERR_CYCLE_TIMEOUT',
  'ERR_CYCLE_HEADERS_TIMEOUT',
  'ERR_CYCLE_BODY_TIMEOUT',
]);

/**
 * Makes so many calls of all kinds, and looks at what became of each.
 *
 * @param {{ socketPath: string, seed: number | string, calls: number, timeoutMs: number, onQuarter?: () => void }} options
 */
async function makeCalls({ socketPath, seed, calls, timeoutMs, onQuarter = () => {} }) {
  const report = { violations: [], outcomes: {}, failed: { idempotent: 0, once: 0 } };
  const plain = getClient({ socketPath, token: TOKEN, timeoutMs });
  const general = getClient({ socketPath, token: TOKEN, headersTimeoutMs: timeoutMs, bodyTimeoutMs: timeoutMs });
  general.use({
    onRequest({ request }) {
      request.headers.set('x-middleware', 'yes');
      return request;
    },
  });
  let next = 1;
  const worker = async () => {
    while (next <= calls) {
      const number = next++;
      if (number === calls >> 2) onQuarter();
      const random = new Random(seed, 'call', number);
      const client = random.chance(0.5) ? plain : general;
      const call = describe(random, number, timeoutMs);
      try {
        const outcome = await within(perform(client, call), `call ${number}`, SETTLES_WITHIN_MS);
        take(report, call, outcome);
      } catch (error) {
        report.violations.push(`${call.method} ${number}: ${error.message}`);
      }
      if (random.chance(0.01)) block(5 + random.below(30));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  await Promise.all([plain.close(), general.close()]);
  return report;
}

/** @param {Random} random @param {number} number @param {number} timeoutMs */
function describe(random, number, timeoutMs) {
  const method = random.weighted({ GET: 45, PUT: 20, POST: 25, DELETE: 10 });
  const hasBody = method === 'PUT' || method === 'POST';
  const value = hasBody ? sealed(number, random.letters(random.length())) : undefined;
  const streamed = hasBody && random.chance(0.15);
  const parseAs = random.weighted({ json: 60, stream: 20, text: 10, arrayBuffer: 10 });
  const init = { parseAs };
  if (value) init.body = value;
  if (streamed) {
    init.body = streamOf(JSON.stringify(value), random);
    init.bodySerializer = (/** @type {unknown} */ same) => same;
    init.duplex = 'half';
    init.headers = { 'content-type': 'application/json' };
  }
  const abortAfterMs = random.chance(0.02) ? random.below(30) : undefined;
  if (abortAfterMs !== undefined) init.signal = AbortSignal.timeout(abortAfterMs);
  else if (random.chance(0.3)) init.signal = AbortSignal.timeout(timeoutMs);
  return { method, number, value, streamed, parseAs, init, given: abortAfterMs !== undefined };
}

/** @param {string} text @param {Random} random */
function streamOf(text, random) {
  const bytes = Buffer.from(text);
  const part = Math.ceil(bytes.length / (1 + random.below(6)));
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (random.chance(0.3)) await sleep(1);
      if (at >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + part)));
      at += part;
    },
  });
}

/** What came of a call: `{ status, value }`, or `{ error }`. @param {any} client @param {ReturnType<typeof describe>} call */
async function perform(client, { method, number, parseAs, init }) {
  try {
    const { data, error, response } = await client[method](`/v1/soak/${number}`, init);
    const given = data ?? error;
    if (!response.ok) return { status: response.status, value: given };
    const text = parseAs === 'stream' ? await new Response(given).text() : textOf(given);
    return { status: response.status, value: typeof text === 'string' ? parsed(text) : text };
  } catch (error) {
    return { error };
  }
}

/** @param {unknown} given */
function textOf(given) {
  return given instanceof ArrayBuffer ? Buffer.from(given).toString() : given;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { unreadable: true };
  }
}

/**
 * Counts an outcome, and notes what must not be.
 *
 * @param {any} report @param {ReturnType<typeof describe>} call @param {{ status?: number, value?: any, error?: any }} outcome
 */
function take(report, call, { status, value, error }) {
  const { method, number } = call;
  const wrong = (/** @type {string} */ what) => report.violations.push(`${method} ${number}: ${what}`);
  const count = (/** @type {string} */ name) => {
    report.outcomes[name] = (report.outcomes[name] ?? 0) + 1;
  };
  const fail = (/** @type {string} */ name) => {
    count(name);
    report.failed[ONCE.has(call.streamed ? 'streamed' : method) ? 'once' : 'idempotent'] += 1;
  };
  if (error) {
    const aborted = error.name === 'TimeoutError' && error instanceof DOMException;
    if (aborted && call.given) return count('aborted');
    if (!aborted && !FAILURES.has(error.code)) wrong(`failed as nothing explains: ${error.code} ${error.stack}`);
    return fail(aborted ? 'aborted, for it stalled' : error.code);
  }
  if (status === 422 && value?.number === number) return fail('garbled request');
  if (!isWhole(value)) return fail('garbled answer');
  if (value.number !== number || value.method !== method) wrong(`has the answer of ${value.method} ${value.number}`);
  if (value.received !== (call.value?.sum ?? null)) wrong('the server read another body');
  return count('answered');
}

/** Keeps the thread busy. @param {number} ms */
function block(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

module.exports = { makeCalls };
