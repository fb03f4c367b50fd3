'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client } = require('./peers/client.js');
const { recordingServer } = require('./peers/http-server.js');

const CODES = require('../generated/openapi.json').components.schemas.Error.properties.code.enum;

const BODILESS = [
  [
    'Content-Length 0',
    (response) => response.writeHead(Number(response.req.url.slice(4)), { 'content-length': 0 }).end(),
  ],
  [
    'chunked and empty',
    (response) => {
      response.writeHead(Number(response.req.url.slice(4)));
      response.flushHeaders();
      response.end();
    },
  ],
  ['ended by the connection', (response) => response.socket.end(`HTTP/1.1 ${response.req.url.slice(4)} Other\r\n\r\n`)],
];

const STATUSES = [400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504];

/** Checks the shape that the API declares for an error. */
function assertEnvelope(error, status) {
  assert.deepEqual(Object.keys(error).sort(), ['data', 'error']);
  assert.equal(error.data, null);
  assert.equal(error.error.status, status);
  assert.equal(typeof error.error.code, 'string');
  assert.ok(CODES.includes(error.error.code), `a declared code: ${error.error.code}`);
  if (CODES.some((code) => code.startsWith(`${status}.`))) {
    assert.ok(error.error.code.startsWith(`${status}.`), `the code begins with the status: ${error.error.code}`);
  }
  assert.equal(typeof error.error.title, 'string');
  assert.notEqual(error.error.title, '');
}

for (const [what, answer] of BODILESS) {
  test(`an error without a body (${what}) comes in the declared shape`, async (t) => {
    const peer = await recordingServer(t, (_request, response) => answer(response));
    const made = client(t, peer);
    for (const status of STATUSES) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const result = await made[method](`/v1/${status}`);
        assert.deepEqual(Object.keys(result), ['error', 'response']);
        assert.equal(result.response.status, status);
        assertEnvelope(result.error, status);
      }
    }
  });
}

test('an error answer to HEAD comes in the declared shape', async (t) => {
  const peer = await recordingServer(t, (request, response) =>
    response.writeHead(Number(request.url.slice(4)), { 'content-length': 42 }).end(),
  );
  const made = client(t, peer);
  for (const status of STATUSES) {
    const { error, response } = await made.HEAD(`/v1/${status}`);
    assert.equal(response.status, status);
    assertEnvelope(error, status);
  }
});

test('so it is with middleware, and with every parseAs', async (t) => {
  const peer = await recordingServer(t, (_request, response) => response.writeHead(404, { 'content-length': 0 }).end());
  const made = client(t, peer);
  made.use({ onRequest: () => undefined });
  for (const parseAs of ['json', 'text', 'blob', 'arrayBuffer', 'stream']) {
    assertEnvelope((await made.GET('/v1/environment', { parseAs })).error, 404);
  }
});

test('an error of middleware without a body comes in the declared shape', async (t) => {
  const made = client(t, { socketPath: '/nowhere.sock' });
  made.use({ onRequest: () => new Response(null, { status: 503 }) });
  assertEnvelope((await made.GET('/v1/environment')).error, 503);
});

test('a 304 is no error of the API: it has none', async (t) => {
  const peer = await recordingServer(t, (_request, response) => response.writeHead(304).end());
  const { error, data } = await client(t, peer).GET('/v1/environment');
  assert.equal(data, undefined);
  assert.ok(!error);
});
