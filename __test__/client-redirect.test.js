'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { json, recordingServer } = require('./peers/http-server.js');

const CODES = [301, 302, 303, 307, 308];

const redirecting = (request, response) => {
  const status = Number(/^\/v1\/(\d+)$/.exec(request.url)?.[1]);
  if (!status) return json(response, { url: request.url });
  const body = 'moved';
  return response.writeHead(status, { location: '/v1/new', 'content-length': body.length }).end(body);
};

/** With and without middleware: two ways through the client. */
const WAYS = { plainly: {}, 'with middleware': { middleware: [{ onRequest: () => undefined }] } };

for (const [way, init] of Object.entries(WAYS)) {
  test(`redirect: "manual" hands the answer over, ${way}`, async (t) => {
    const peer = await recordingServer(t, redirecting);
    const made = client(t, peer);
    for (const status of CODES) {
      const { error, response } = await made.GET(`/v1/${status}`, { ...init, redirect: 'manual' });
      assert.equal(response.status, status);
      assert.equal(response.ok, false);
      assert.equal(response.redirected, false);
      assert.equal(response.headers.get('location'), '/v1/new');
      assert.equal(error, 'moved');
    }
    assert.equal(peer.requests.length, CODES.length);
  });

  test(`redirect: "error" rejects, ${way}`, async (t) => {
    const peer = await recordingServer(t, redirecting);
    const made = client(t, peer);
    for (const status of CODES) {
      const path = `/v1/${status}`;
      const error = await rejection(made.GET(path, { ...init, redirect: 'error' }));
      assertFailure(error, { code: 'ERR_CYCLE_REDIRECT', socketPath: peer.socketPath, path });
      assert.equal((await made.GET('/v1/fine', { ...init, redirect: 'error' })).response.status, 200);
    }
    assert.equal(peer.requests.length, CODES.length * 2);
  });

  test(`redirects are followed, ${way}`, async (t) => {
    const peer = await recordingServer(t, redirecting);
    const made = client(t, peer);
    for (const status of CODES) {
      const { data, response } = await made.GET(`/v1/${status}`, init);
      assert.deepEqual(data, { url: '/v1/new' });
      assert.equal(response.redirected, true);
      assert.equal(response.url, 'http://localhost/v1/new');
    }
    assert.equal(peer.accepted(), 1);
  });

  test(`a circle ends, ${way}`, async (t) => {
    const peer = await recordingServer(t, (_request, response) =>
      response.writeHead(302, { location: '/v1/circle' }).end(),
    );
    const error = await rejection(client(t, peer).GET('/v1/circle', init));
    assert.equal(error.code, 'ERR_CYCLE_REDIRECT');
    assert.equal(peer.requests.length, 21);
  });
}

test('the body of a redirect that stalls does not hold the call up', async (t) => {
  const peer = await recordingServer(t, (request, response) => {
    if (request.url === '/v1/new') return json(response, { url: request.url });
    return response.writeHead(302, { location: '/v1/new', 'content-length': 10 }).write('half');
  });
  const { data } = await client(t, peer).GET('/v1/environment');
  assert.equal(data.url, '/v1/new');
});
