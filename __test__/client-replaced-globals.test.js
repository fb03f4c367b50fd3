'use strict';

// Programs and test runners replace what JavaScript has. Nothing of a call may depend on it, nor run their code in the
// middle of a delivery.
const assert = require('node:assert/strict');
const test = require('node:test');
const { runChild } = require('./peers/child.js');
const { bodyOf, httpServer } = require('./peers/http-server.js');

const LARGE = Array.from({ length: 4000 }, (_, id) => ({ id, name: 'instance', 'odd-name': 'ä"' }));

/** @type {import('node:http').RequestListener} */
async function answer(request, response) {
  await bodyOf(request);
  response.setHeader('content-type', 'application/json');
  switch (request.url) {
    case '/large':
      response.end(JSON.stringify(LARGE));
      break;
    case '/invalid':
      response.end('{');
      break;
    case '/missing':
      response.writeHead(404, { 'content-length': 0 }).end();
      break;
    case '/v1/sdn/networks':
      break;
    default:
      response.end('{"fine":true}');
  }
}

const USUAL = [4000, true, 'ENOENT', 'ERR_CYCLE_INVALID_JSON', 404];

for (const what of ['Array.of', 'JSON.parse', 'Object.prototype', 'Promise', 'fake timers']) {
  test(`calls go on after a program has replaced: ${what}`, async (t) => {
    const { socketPath } = await httpServer(t, answer);
    const child = await runChild('replaced-globals', [socketPath, what], { limitMs: 20_000 });
    assert.equal(child.code, 0, child.stderr || `ended by ${child.signal}`);
    const more = what === 'fake timers' ? [true, 'called back', 'timeout'] : [];
    assert.deepEqual(JSON.parse(child.stdout), [...USUAL, ...more]);
  });
}
