'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { TOKEN } = require('./client.js');

/**
 * Checks all that a failed call owes its caller.
 *
 * @param {any} error what the call rejected with
 * @param {{ code: string, syscall?: string, name?: string, method?: string, path?: string, socketPath: string, says?: RegExp }} expected
 *   `syscall` is given for errors of the system, whose cause must then be the system's error
 */
function assertFailure(error, { code, syscall, name, method = 'GET', path = '/v1/environment', socketPath, says }) {
  assert.ok(error instanceof TypeError, `a TypeError, as fetch rejects with: ${inspect(error)}`);
  assert.equal(error.code, code, inspect(error));
  assert.equal(error.method, method);
  assert.equal(error.path, path);
  assert.equal(error.socketPath, socketPath);
  if (name) assert.equal(error.name, name);
  if (syscall) {
    assert.equal(error.syscall, syscall);
    assert.ok(error.cause instanceof Error, 'the cause is the system error');
    assert.equal(error.cause.code, code);
  }
  assert.ok(error.message.includes(method) && error.message.includes(path), `names the call: ${error.message}`);
  assert.match(error.stack, /\n\s+at /, 'has a stack');
  if (says) assert.match(error.message, says);
  assertNoToken(error);
}

/**
 * Checks that the token can't be read off a value.
 *
 * @param {any} value
 * @param {string} [token]
 */
function assertNoToken(value, token = TOKEN) {
  const shown = [inspect(value, { depth: 20, showHidden: true, getters: false }), String(value)];
  if (value instanceof Error)
    shown.push(value.message, String(value.stack), inspect(value.cause, { depth: 20, showHidden: true }));
  for (const text of shown) assert.ok(!text.includes(token), `shows the token: ${text}`);
}

module.exports = { assertFailure, assertNoToken };
