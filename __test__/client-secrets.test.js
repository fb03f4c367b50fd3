'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const path = require('node:path');
const test = require('node:test');
const { TOKEN, client, rejection } = require('./peers/client.js');
const { runChild } = require('./peers/child.js');
const { assertNoToken } = require('./peers/failure.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');

test('neither the client nor its results show the token', async (t) => {
  const peer = await recordingServer(t, (request, response) =>
    request.url === '/v1/bad' ? json(response, { error: {} }, 500) : json(response, { data: 'ok' }),
  );
  const made = client(t, peer);
  made.use({ onRequest: () => undefined });
  const plain = client(t, peer);
  for (const value of [
    made,
    plain,
    await made.GET('/v1/environment'),
    await plain.GET('/v1/environment'),
    await plain.GET('/v1/bad'),
    await plain.GET('/v1/environment', { parseAs: 'stream' }),
  ]) {
    assertNoToken(value);
    assert.ok(!JSON.stringify(value).includes(TOKEN));
  }
  for (const key of Reflect.ownKeys(made)) {
    const { value } = Object.getOwnPropertyDescriptor(made, key);
    assertNoToken(value);
    assertNoToken(value?.toString?.());
  }
});

test('no error shows the token, wherever it was given', async (t) => {
  const nowhere = { socketPath: path.join(temporaryFolder(t), 'none.sock') };
  const made = client(t, nowhere);
  const using = client(t, nowhere);
  using.use({ onRequest: () => undefined });
  for (const one of [made, using]) {
    for (const init of [
      undefined,
      { headers: { 'X-CYCLE-TOKEN': TOKEN } },
      { headers: { Authorization: TOKEN } },
      { headers: { 'X-CYCLE-TOKEN': `${TOKEN}\r\nx: y` } },
      { headers: { 'X-CYCLE-TOKEN': `${TOKEN}😀` } },
      { headers: new Headers({ 'X-CYCLE-TOKEN': TOKEN }) },
      { params: { header: { 'X-CYCLE-TOKEN': `${TOKEN}\0` } } },
      { parseAs: 'stream' },
      { baseUrl: 'no url' },
    ]) {
      assertNoToken(await rejection(one.GET('/v1/environment', init)));
    }
  }
});

test('a token that is no text is refused without being shown', async (t) => {
  const peer = await recordingServer(t);
  const call = async (token) => client(t, peer, { token }).GET('/v1/environment');
  for (const token of [{ secret: TOKEN }, [TOKEN], Symbol(TOKEN), () => TOKEN]) {
    const error = await rejection(call(token)).catch(() => undefined);
    if (error) assertNoToken(error);
  }
});

for (const debug of ['cycle', 'cycle*', '*']) {
  test(`NODE_DEBUG=${debug} does not print the token`, async (t) => {
    const peer = await recordingServer(t, (request, response) =>
      json(response, { ok: true }, request.url === '/v1/bad' ? 500 : 200),
    );
    const child = await runChild('calls-of-all-kinds', [peer.socketPath, TOKEN], { env: { NODE_DEBUG: debug } });
    assert.equal(child.code, 0, child.stderr);
    assert.ok(peer.requests.length >= 4);
    assert.match(child.stderr, /CYCLE \d+: /);
    assert.match(child.stderr, /\/v1\/environment/);
    assert.ok(!child.stderr.includes(TOKEN), 'stderr');
    assert.ok(!child.stdout.includes(TOKEN), 'stdout');
  });
}

test('diagnostics channels tell of every call, without the token', async (t) => {
  const { subscribe, unsubscribe } = require('node:diagnostics_channel');
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const events = [];
  const names = ['cycle:request:start', 'cycle:request:end', 'cycle:request:error'];
  for (const name of names) {
    const note = (message) => events.push([name, message]);
    subscribe(name, note);
    t.after(() => unsubscribe(name, note));
  }
  await made.GET('/v1/environment');
  await rejection(client(t, { socketPath: '/nowhere.sock' }).POST('/v1/object-cache', { body: 1 }));
  const short = events.map(([name, { method, path: target, status, error }]) => [
    name,
    method,
    target,
    status ?? error?.code,
  ]);
  assert.deepEqual(short, [
    ['cycle:request:start', 'GET', '/v1/environment', undefined],
    ['cycle:request:end', 'GET', '/v1/environment', 200],
    ['cycle:request:start', 'POST', '/v1/object-cache', undefined],
    ['cycle:request:error', 'POST', '/v1/object-cache', 'ENOENT'],
  ]);
  for (const [, message] of events) assert.ok(!inspect(message, { depth: 20 }).includes(TOKEN));
  events.length = 0;
  await made.GET('/v1/environment', { middleware: [{ onRequest: () => undefined }] });
  assert.deepEqual(
    events.map(([name]) => name),
    names.slice(0, 2),
    'with middleware too',
  );
});
