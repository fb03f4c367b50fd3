'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { TOKEN, client, rejection } = require('./peers/client.js');
const { assertNoToken } = require('./peers/failure.js');
const { recordingServer } = require('./peers/http-server.js');

const FORGED = ['a\r\nx-forged: yes', 'a\nx-forged: yes', 'a\rb', 'a\0b', 'a\r\n\r\nGET /v1/hub HTTP/1.1'];

for (const value of FORGED) {
  test(`the header value ${JSON.stringify(value)} is refused and nothing is sent`, async (t) => {
    const peer = await recordingServer(t);
    const made = client(t, peer);
    for (const init of [
      { headers: { 'x-own': value } },
      { headers: { 'x-own': ['fine', value] } },
      { params: { header: { 'x-own': value } } },
      { headers: { 'x-own': value }, middleware: [{ onRequest: () => undefined }] },
    ]) {
      const error = await rejection(made.GET('/v1/environment', init));
      assert.ok(error instanceof TypeError);
      assert.equal(error.code, 'ERR_CYCLE_INVALID_HEADER');
      assert.deepEqual([error.method, error.path, error.socketPath], ['GET', '/v1/environment', peer.socketPath]);
      assert.match(error.message, /x-own/i, 'names the header');
      assertNoToken(error);
    }
    assert.equal(peer.requests.length, 0);
  });

  test(`a token with ${JSON.stringify(value)} in it is refused and not shown`, async (t) => {
    const peer = await recordingServer(t);
    const token = `${TOKEN}${value}`;
    const call = async () => client(t, peer, { token }).GET('/v1/environment');
    const error = await rejection(call());
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, 'ERR_CYCLE_INVALID_HEADER');
    assertNoToken(error);
    assert.equal(peer.requests.length, 0);
  });
}

for (const name of ['bad name', 'bad:name', 'bad\r\nname', '', 'größe', 'bad\0']) {
  test(`the header name ${JSON.stringify(name)} is refused`, async (t) => {
    const peer = await recordingServer(t);
    const error = await rejection(client(t, peer).GET('/v1/environment', { headers: { [name]: 'v' } }));
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, 'ERR_CYCLE_INVALID_HEADER');
    assert.equal(peer.requests.length, 0);
  });
}

test('blanks and line ends around a token are not part of it', async (t) => {
  const peer = await recordingServer(t);
  await client(t, peer, { token: ` ${TOKEN}\n` }).GET('/v1/environment');
  assert.equal(peer.requests[0].headers['x-cycle-token'], TOKEN);
});

test("a target can't carry line ends", async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await made.GET('/v1/{id}', { params: { path: { id: 'a HTTP/1.1\r\nx-forged: yes' }, query: { 'a\r\nb': '\r\n' } } });
  await made.GET('/v1/a\r\nx-forged: yes');
  await made.GET('/v1/x', { querySerializer: () => 'a=b HTTP/1.1\r\nx-forged: yes' });
  assert.equal(peer.requests.length, 3);
  for (const request of peer.requests) assert.equal(request.headers['x-forged'], undefined);
});

test("a method can't carry line ends", async (t) => {
  const peer = await recordingServer(t);
  const error = await rejection(client(t, peer).request('GET /v1/hub HTTP/1.1\r\n', '/v1/environment'));
  assert.ok(error instanceof TypeError);
  assert.equal(peer.requests.length, 0);
});
