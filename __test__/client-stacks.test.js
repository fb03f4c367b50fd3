'use strict';

// Where errors say they come from: the program's own code.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { getClient } = require('..');
const { createProtocolClient, defineProtocol } = require('../protocol');
const { run } = require('./peers/child.js');
const { httpServer } = require('./peers/http-server.js');

const root = path.join(__dirname, '..');

/** @param {() => Promise<unknown>} call */
async function whoMadeTheCall(call) {
  return await call();
}

/** @param {() => Promise<unknown>} call */
async function whoAskedForIt(call) {
  return await whoMadeTheCall(call);
}

/** @param {() => Promise<unknown>} call */
async function stackOf(call) {
  try {
    await whoAskedForIt(call);
  } catch (error) {
    return /** @type {Error} */ (error).stack?.split('\n    at ').slice(1) ?? [];
  }
  throw new Error('the call did not fail');
}

/** @param {string[]} frames @param {number} most of ours before the first of the program */
function assertNamesProgram(frames, most) {
  const first = frames.findIndex((frame) => frame.includes('whoMadeTheCall'));
  assert.ok(first >= 0 && first <= most, `at most ${most} frames before the caller's:\n${frames.join('\n')}`);
  assert.match(frames[first + 1], /whoAskedForIt/);
}

test('the stack of a failed call begins with the async functions that wait for it', async (t) => {
  const { socketPath } = await httpServer(t, (request, response) => {
    if (request.url === '/invalid') {
      response.end('{');
    } else if (request.url === '/lost') {
      response.socket?.destroy();
    }
  });
  const there = getClient({ token: 't', socketPath, timeoutMs: 50 });
  const nowhere = getClient({ token: 't', socketPath: '/nowhere.sock' });
  const withMiddleware = getClient({ token: 't', socketPath: '/nowhere.sock' });
  withMiddleware.use({ onRequest: ({ request }) => request });
  t.after(() => Promise.all([there.close(), nowhere.close(), withMiddleware.close()]));
  /** @type {Record<string, () => Promise<unknown>>} */
  const calls = {
    connect: () => nowhere.GET('/v1/hub'),
    timeout: () => there.GET('/v1/hub'),
    lost: () => there.POST(/** @type {any} */ ('/lost'), /** @type {any} */ ({})),
    'invalid JSON': () => there.GET(/** @type {any} */ ('/invalid')),
    'invalid JSON of a stream': () => there.GET(/** @type {any} */ ('/invalid'), { cache: 'no-store' }),
    'general call': () => nowhere.GET('/v1/hub', { parseAs: 'stream' }),
    middleware: () => withMiddleware.GET('/v1/hub'),
    'invalid header': () => nowhere.GET('/v1/hub', { headers: { 'x-bad': 'a\nb' } }),
  };
  for (const [name, call] of Object.entries(calls)) {
    await t.test(name, async () => assertNamesProgram(await stackOf(call), 0));
  }
  await t.test('Promise.all', async () => {
    const frames = await stackOf(() => Promise.all([nowhere.GET('/v1/hub')]));
    assert.match(frames[0], /Promise\.all/);
  });
  await nowhere.close();
  await t.test('a closed client', async () => assertNamesProgram(await stackOf(() => nowhere.GET('/v1/hub')), 3));
});

test('the stack of a failed call of a protocol names who waits for it', async (t) => {
  const client = /** @type {any} */ (
    createProtocolClient(defineProtocol(require('../protocol').cycleProtocol), {
      socketPath: '/nowhere.sock',
      token: 't',
    })
  );
  t.after(() => client.close());
  assertNamesProgram(await stackOf(() => client.hub.get({})), 3);
});

test('the text of an uncaught error fits a screen and names the program', async (t) => {
  const main = JSON.stringify(root);
  const client = `require(${main}).getClient({ token: 't', socketPath: '/nowhere.sock' })`;
  /** @type {Record<string, string>} */
  const programs = {
    'no token': `require(${main}).getClient()`,
    'a bad token': `require(${main}).getClient({ token: 'a\\nb' })`,
    'a bad limit': `require(${main}).getClient({ token: 't', timeoutMs: -1 })`,
    'a bad option of a socket': `new (require(${main}).NotificationSocket)({ topics: 1 })`,
    'an unhandled rejection': `(async function program() { await ${client}.GET('/v1/hub') })()`,
    'an unhandled rejection of a general call': `(async function program() {
      await ${client}.GET('/v1/hub', { parseAs: 'blob' }) })()`,
    'a call with a long query': `(async function program() {
      await ${client}.GET('/v1/hub', { params: { query: { long: 'x'.repeat(20000) } } }) })()`,
  };
  for (const [name, code] of Object.entries(programs)) {
    await t.test(name, async () => {
      const child = await run(process.execPath, ['-e', code], { env: { CYCLE_API_TOKEN: '' } });
      assert.notEqual(child.code, 0);
      assert.ok(Buffer.byteLength(child.stderr) < 2500, `${child.stderr.length} bytes:\n${child.stderr}`);
      assert.match(child.stderr, /at .*\[eval\]/);
    });
  }
});
