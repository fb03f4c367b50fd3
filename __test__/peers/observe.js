'use strict';

/** Header fields that belong to the transport: each client may send its own. */
const TRANSPORT = new Set([
  'accept-encoding',
  'accept-language',
  'connection',
  'content-length',
  'sec-fetch-mode',
  'transfer-encoding',
  'user-agent',
]);

/** Answer fields that differ from one answer to the next. */
const CHANGING = new Set(['connection', 'date', 'keep-alive']);

/**
 * What a peer saw of a request, in comparable form. Boundaries of multipart bodies are random and get one name.
 *
 * @param {import('node:http').IncomingMessage & { body: Buffer }} request as kept by a recording server
 * @param {string[]} [fields] transport fields to compare all the same
 */
function wireOf(request, fields = []) {
  let body = request.body.toString('latin1');
  const headers = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i].toLowerCase();
    let value = request.rawHeaders[i + 1];
    if (TRANSPORT.has(name) && !fields.includes(name)) continue;
    const boundary = name === 'content-type' && /boundary=(.+)$/.exec(value)?.[1];
    if (boundary) {
      value = value.replace(boundary, 'BOUNDARY');
      body = body.replaceAll(boundary, 'BOUNDARY');
    }
    headers.push(`${name}: ${value}`);
  }
  return { method: request.method, target: request.url, headers: headers.sort(), body };
}

/**
 * A value of any kind that a call may give, as plain data.
 *
 * @param {unknown} value
 */
async function plain(value) {
  if (value instanceof Blob) return { blob: await bytesOf(value), type: value.type };
  if (value instanceof ArrayBuffer) return { arrayBuffer: Buffer.from(value).toString('latin1') };
  if (value instanceof FormData) return { form: [...value] };
  if (value instanceof ReadableStream && value.locked) return { stream: 'locked' };
  if (value instanceof ReadableStream) return { stream: await bytesOf(new Response(value)) };
  if (value === undefined) return { undefined: true };
  return { value };
}

/** @param {Blob | Response} source */
async function bytesOf(source) {
  return Buffer.from(await source.arrayBuffer()).toString('latin1');
}

/**
 * A response as plain data, without reading it.
 *
 * @param {Response} response
 */
function responseOf(response) {
  return {
    isResponse: response instanceof Response,
    status: response.status,
    statusText: response.statusText,
    ok: response.ok,
    url: response.url,
    redirected: response.redirected,
    type: response.type,
    headers: [...response.headers].filter(([name]) => !CHANGING.has(name)),
    cookies: response.headers.getSetCookie(),
    hasBody: response.body !== null,
    bodyUsed: response.bodyUsed,
  };
}

/**
 * A rejection as plain data: its class, and its message where openapi-fetch or the test is the author.
 *
 * @param {any} error
 * @param {boolean} message whether the message is to be compared
 */
function errorOf(error, message) {
  if (!(error instanceof Error)) return { thrown: error };
  const classes = [TypeError, SyntaxError, RangeError].filter((one) => error instanceof one).map((one) => one.name);
  return { classes, isDomException: error instanceof DOMException, ...(message && { message: error.message }) };
}

/**
 * Everything a call gave, as plain data.
 *
 * @param {() => Promise<any>} call
 * @param {{ message?: boolean, after?: (result: any) => unknown }} [options] `after` may look at the result further
 */
async function outcomeOf(call, { message = false, after } = {}) {
  let result;
  try {
    result = await call();
  } catch (error) {
    return { rejected: errorOf(error, message) };
  }
  const outcome = { keys: Object.keys(result), response: responseOf(result.response) };
  if (after) outcome.after = await after(result);
  outcome.data = await plain(result.data);
  outcome.error = await plain(result.error);
  outcome.bodyUsedAtLast = result.response.bodyUsed;
  return outcome;
}

module.exports = { wireOf, outcomeOf, responseOf, errorOf, plain };
