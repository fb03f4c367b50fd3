'use strict';

// Replaces what a program or a test runner may replace, with functions that call the client, then makes calls of all
// kinds. argv: socket path, what to replace. Prints what came of them.

const { mock } = require('node:test');
const { getClient } = require('../../..');
const { createProtocolClient, cycleProtocol } = require('../../../protocol');
const [, , socketPath, what] = process.argv;

/** A list that is long enough for tapes. @param {any} client */
const list = async (client) => (await client.GET('/large')).data.length;

/** @param {Promise<unknown>} promise */
const codeOf = (promise) =>
  promise.then(
    () => 'fine',
    (error) => error.code ?? error.name,
  );

async function* body() {
  yield Buffer.from('{');
  await new Promise((resolve) => setImmediateBefore(resolve));
  yield Buffer.from('}');
}
const setImmediateBefore = setImmediate;

async function main() {
  const client = /** @type {any} */ (getClient({ token: 't', socketPath }));
  const nowhere = /** @type {any} */ (getClient({ token: 't', socketPath: '/nowhere.sock' }));
  const protocol = /** @type {any} */ (createProtocolClient(cycleProtocol, { socketPath, token: 't', timeoutMs: 200 }));
  for (let i = 0; i < 3; i += 1) await list(client);
  let called = 0;
  const callClient = () => {
    called += 1;
    if (called > 50) return;
    for (const one of [client, nowhere]) one.GET('/json').catch(() => {});
  };
  const replacements = {
    'Array.of': () => {
      const { of } = Array;
      Array.of = /** @type {any} */ (
        (...values) => {
          callClient();
          return of.apply(Array, values);
        }
      );
    },
    'JSON.parse': () => {
      JSON.parse = () => {
        callClient();
        throw new Error('replaced');
      };
    },
    'Object.prototype': () => {
      for (const name of ['data', 'error', 'response', 'then', 'fine', 'id', 'name', 'odd-name']) {
        Object.defineProperty(Object.prototype, name, {
          configurable: true,
          get: () => callClient(),
          set: () => callClient(),
        });
      }
    },
    'fake timers': () => {
      mock.timers.enable({ apis: ['setImmediate', 'setTimeout', 'setInterval', 'Date'] });
      process.nextTick = () => {};
    },
    Promise: () => {
      globalThis.Promise = /** @type {any} */ (
        class {
          constructor() {
            throw new Error('replaced');
          }
        }
      );
    },
  };
  replacements[what]();
  const general = { body: body(), duplex: 'half', bodySerializer: (value) => value, headers: { 'x-general': '1' } };
  const results = [
    await list(client),
    (await client.GET('/json')).data.fine,
    await codeOf(nowhere.GET('/json')),
    await codeOf(client.GET('/invalid')),
    (await client.GET('/missing')).error.error.status,
  ];
  if (what === 'fake timers') {
    const { promise, call } = withCallback((done) => protocol.hub.get({}, done));
    call();
    results.push(
      (await client.POST('/json', general)).data.fine,
      await promise,
      await codeOf(protocol.sdn.networks({})),
    );
  }
  process.stdout.write(`${JSON.stringify(results)}\n`);
  await client.close();
}

/** @param {(done: (error: unknown) => void) => void} work */
function withCallback(work) {
  let call = () => {};
  const promise = new Promise((resolve) => {
    call = () => work(() => resolve('called back'));
  });
  return { promise, call };
}

main();
