'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { test } = require('node:test');
const { getClient } = require('..');
const { mirrorEnvironment } = require('../live');
const { environmentPlatform } = require('./peers/environment-platform.js');
const { listen } = require('./peers/listener.js');
const { mirrored, QUICK } = require('./peers/mirrored.js');
const { bareServer } = require('./peers/notification-server.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until.js');

/** @param {any} mirror */
const synced = (mirror) =>
  within(
    mirror.until((one) => one.freshness.synced),
    'the mirror is in sync',
  );

/** An answer with the platform's envelope. @param {string} code @param {http.OutgoingHttpHeaders} [headers] */
function refusal(code, headers) {
  const status = Number(code.slice(0, 3));
  return { status, headers, body: { data: null, error: { status, code, title: 'Refused.' } } };
}

test('where notifications are refused it polls, says so, and goes on with notifications once they are permitted', async (t) => {
  const platform = await environmentPlatform(t);
  platform.handshake = 403;
  const { mirror, errors } = await mirrored(t, platform, { pollMs: 20 });
  const { synced: inSync, since, reason, error } = mirror.freshness;
  assert.deepEqual([inSync, reason, /** @type {any} */ (error).status], [false, 'refused', 403]);
  platform.lists.containers = [];
  await within(
    mirror.until(({ containers }) => containers.size === 0),
    'a change is seen by polling',
  );
  await until(() => mirror.freshness.since > since, 'what is shown gets newer');
  const [handshakes, lists] = [platform.handshakes, platform.askedFor('containers').length];
  await until(() => platform.handshakes > handshakes + 2, 'more attempts');
  await until(() => platform.askedFor('containers').length > lists + 2, 'more lists');
  assert.deepEqual(errors, [], 'a refusal that stays is no news');
  platform.handshake = undefined;
  await synced(mirror);
  platform.handshake = 403;
  platform.disconnect(1001);
  await until(() => mirror.freshness.reason === 'refused', 'refused again');
  assert.deepEqual(
    errors.map(({ status }) => status),
    [403],
  );
});

test('without the scope `notifications` it polls until the scope is given', async (t) => {
  const simulator = await startedSimulator(t, { scopes: ['self', 'environment'] });
  const { mirror } = await mirrored(t, simulator, { token: simulator.token, pollMs: 20 });
  assert.equal(mirror.freshness.reason, 'refused');
  assert.match(String(mirror.freshness.error?.message), /403/);
  const { id } = simulator.world.instances.at(-1) ?? {};
  simulator.update((world) => void world.instances.pop());
  await within(
    mirror.until((one) => !one.instances.has(id)),
    'a poll',
  );
  simulator.setScopes(['self', 'environment', 'notifications']);
  await synced(mirror);
});

test('without the scope of a list the start rejects, and names the scope', async (t) => {
  const simulator = await startedSimulator(t, { scopes: ['self', 'notifications'] });
  const { token } = simulator;
  await assert.rejects(mirrored(t, simulator, { token, resources: ['services'] }), {
    code: 'ERR_CYCLE_API',
    apiCode: '403.permissions',
    message: /GET \/v1\/environment\/services .*scope `environment`.*runtime\.internal_api\.scope/,
  });
  simulator.setScopes(['environment', 'notifications']);
  const { mirror, errors } = await mirrored(t, simulator, { token, resources: ['services'] });
  simulator.setScopes(['notifications']);
  simulator.publish({ topic: 'environment.services.reconfigured' });
  await until(() => errors.length > 0, 'the scope is gone');
  assert.equal(errors[0].apiCode, '403.permissions');
  assert.equal(mirror.freshness.reason, 'failing');
  simulator.setScopes(undefined);
  await synced(mirror);
});

for (const [code, hint] of [
  ['403.permissions', /needs scope `environment`/],
  ['401.auth', /CYCLE_API_TOKEN/],
  ['404.not-found', /may be older/],
]) {
  test(`a list that is refused at the start (${code}) rejects, with what to do`, async (t) => {
    const platform = await environmentPlatform(t);
    platform.answer = ({ resource }) => (resource === 'services' ? refusal(String(code)) : undefined);
    await assert.rejects(mirrored(t, platform, { resources: ['containers', 'services'] }), {
      code: 'ERR_CYCLE_API',
      apiCode: code,
      message: hint,
    });
    await until(() => platform.peers.size === 0, 'notifications are closed');
  });

  test(`a list that is refused later (${code}) is an error, and tried again`, async (t) => {
    const platform = await environmentPlatform(t);
    const { mirror, errors } = await mirrored(t, platform);
    platform.answer = () => refusal(String(code));
    platform.lists.containers = [];
    platform.notify('container.state.changed');
    await until(() => errors.length >= 2, 'both lists fail');
    assert.deepEqual([errors[0].code, errors[0].apiCode], ['ERR_CYCLE_API', code]);
    const { synced: inSync, reason, error } = mirror.freshness;
    assert.deepEqual([inSync, reason, errors.includes(error)], [false, 'failing', true]);
    assert.equal(mirror.containers.size, 1, 'what was known stays');
    platform.answer = undefined;
    await within(
      mirror.until(({ containers }) => containers.size === 0),
      'it is tried again',
    );
    await synced(mirror);
    assert.equal(mirror.freshness.reason, undefined);
  });
}

test('a token that expires while it runs: errors, with longer delays each time', async (t) => {
  const simulator = await startedSimulator(t);
  const { mirror, errors } = await mirrored(t, simulator, { token: simulator.token, resources: ['containers'] });
  const { token } = simulator;
  simulator.setToken('another');
  simulator.disconnect();
  await until(() => errors.some(({ code }) => code === 'ERR_CYCLE_HANDSHAKE'), 'the handshake fails');
  assert.deepEqual([mirror.freshness.synced, mirror.freshness.reason], [false, 'refused']);
  const count = simulator.requests.length;
  await until(() => simulator.requests.length > count + 2, 'it is tried again');
  simulator.setToken(token);
  await synced(mirror);
  // And where only lists are refused.
  const answer = simulator.respond('GET /v1/environment/containers', { status: 401 });
  simulator.publish({ topic: 'container.updated' });
  await until(() => errors.filter(({ code }) => code === 'ERR_CYCLE_API').length >= 2, 'lists fail');
  assert.deepEqual([mirror.freshness.synced, mirror.freshness.reason], [false, 'failing']);
  assert.match(errors.at(-1).message, /CYCLE_API_TOKEN/);
  const times = simulator.requests.filter(({ status, path }) => status === 401 && path !== '/v1/notifications');
  assert.ok(
    times.slice(1).every(({ receivedAt }, n) => receivedAt - times[n].receivedAt >= 499),
    'with a pause each time',
  );
  answer.remove();
  await synced(mirror);
});

test('throttled lists are asked for again no sooner than the platform wants, however much is notified', async (t) => {
  const platform = await environmentPlatform(t);
  platform.answer = ({ index }) => (index === 0 ? refusal('429.throttled', { 'retry-after': '1' }) : undefined);
  const starting = mirrored(t, platform, { resources: ['containers'] });
  await until(() => platform.askedFor('containers')[0]?.end, 'the first list');
  for (let n = 0; n < 20; n += 1) platform.notify('container.updated');
  const { mirror } = await starting;
  const [first, second] = platform.askedFor('containers');
  assert.ok(second.begin - Number(first.end) >= 1000, 'no sooner');
  platform.answer = ({ index }) => (index < 4 ? refusal('503.busy') : undefined);
  platform.notify('container.updated');
  await until(() => platform.askedFor('containers').length >= 5, 'tried until it is answered');
  await synced(mirror);
});

test('a wait that is longer than timers can be does not end at once', async (t) => {
  const platform = await environmentPlatform(t);
  const { errors } = await mirrored(t, platform, { resources: ['containers'] });
  platform.answer = () => refusal('429.throttled', { 'retry-after': '99999999999' });
  platform.notify('container.updated');
  await until(() => errors.length === 1, 'the answer');
  const count = platform.asked.length;
  // A second mirror's start takes longer than a timer that ends at once.
  platform.answer = undefined;
  await mirrored(t, platform, { resources: ['instances'] });
  assert.equal(platform.askedFor('containers').length, count);
});

test('a connection that is silent is given up, and what was missed is made up for', async (t) => {
  const simulator = await startedSimulator(t);
  const { mirror, errors } = await mirrored(t, simulator, { token: simulator.token, idleTimeoutMs: 100 });
  simulator.goSilent();
  const { containers } = simulator.world;
  simulator.respond('GET /v1/environment/containers', { body: { data: containers.slice(1) } });
  simulator.publish({ topic: 'container.new' });
  await within(
    mirror.until((one) => one.containers.size === containers.length - 1),
    'the next connection',
  );
  await synced(mirror);
  assert.equal(errors[0].code, 'ERR_CYCLE_IDLE_TIMEOUT');
});

test('a handshake that is not answered is given up, and lists are there without it', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, head }) => {
    if (!head.startsWith('GET /v1/notifications')) {
      const body = JSON.stringify({ data: [] });
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
    }
  });
  const { mirror } = await mirrored(t, { socketPath }, { idleTimeoutMs: 50 });
  assert.equal(mirror.freshness.reason, 'disconnected');
  assert.equal(/** @type {any} */ (mirror.freshness.error).code, 'ERR_CYCLE_HEADERS_TIMEOUT');
});

test('a socket that is not there yet is waited for; one that goes and comes back is followed', async (t) => {
  const platform = await environmentPlatform(t);
  await platform.close();
  const starting = mirrored(t, platform);
  await assert.rejects(
    getClient({ socketPath: platform.socketPath, token: 'token' }).GET('/v1/environment/containers'),
    TypeError,
  );
  await platform.start();
  const { mirror, errors } = await starting;
  await synced(mirror);
  await platform.close();
  platform.disconnect();
  await until(
    () => mirror.freshness.reason === 'disconnected' || mirror.freshness.reason === 'failing',
    'it is noticed',
  );
  platform.lists.containers = [];
  await platform.start();
  await within(
    mirror.until(({ containers }) => containers.size === 0),
    'it comes back',
  );
  await synced(mirror);
  assert.ok(errors.length >= 1);
  assert.equal(mirror.freshness.error, undefined);
});

test('a server that stops in order, with code 1001, is polled until notifications come again', async (t) => {
  const platform = await environmentPlatform(t);
  const { mirror } = await mirrored(t, platform, {
    pollMs: 20,
    reconnectBaseDelayMs: 60_000,
    reconnectMaxDelayMs: 60_000,
  });
  platform.disconnect(1001);
  await until(() => mirror.freshness.reason === 'disconnected', 'it is noticed');
  assert.deepEqual([mirror.freshness.synced, mirror.freshness.error], [false, undefined]);
  platform.lists.containers = [];
  await within(
    mirror.until(({ containers }) => containers.size === 0),
    'a poll',
  );
});

const BAD_LISTS = {
  'an object in place of an array': { data: {} },
  'a text': { data: 'x' },
  null: { data: null },
  'no data': { other: [] },
  'an entry without an ID': { data: [{ id: 'c1' }, { name: 'x' }] },
  'an entry with an ID that is no text': { data: [{ id: 5 }] },
  'an entry that is null': { data: [null] },
  'no object at all': [],
};

for (const [what, body] of Object.entries(BAD_LISTS)) {
  test(`an answer of another shape (${what}) is an error, and what was known stays`, async (t) => {
    const platform = await environmentPlatform(t);
    const { mirror, errors, changes } = await mirrored(t, platform, { resources: ['containers'] });
    const before = new Map(mirror.containers);
    platform.answer = () => ({ status: 200, body });
    platform.notify('container.updated');
    await until(() => errors.length === 1, 'an error');
    assert.equal(errors[0].code, 'ERR_CYCLE_BAD_ANSWER');
    assert.match(errors[0].message, /GET \/v1\/environment\/containers/);
    assert.deepEqual(new Map(mirror.containers), before);
    assert.deepEqual([mirror.freshness.synced, mirror.freshness.reason], [false, 'failing']);
    platform.answer = undefined;
    await synced(mirror);
    assert.deepEqual(changes, []);
    await assert.rejects(
      (async () => {
        platform.answer = () => ({ status: 200, body });
        await mirrored(t, platform);
      })(),
      { code: 'ERR_CYCLE_BAD_ANSWER' },
    );
  });
}

for (const data of [[], 'x', null, { vpn: null }, { vpn: {} }, { vpn: { container: { id: '' } } }]) {
  test(`services of another shape (${JSON.stringify(data)}) are refused`, async (t) => {
    const platform = await environmentPlatform(t);
    platform.lists.services = data;
    await assert.rejects(mirrored(t, platform, { resources: ['services'] }), { code: 'ERR_CYCLE_BAD_ANSWER' });
  });
}

test('an answer that is no JSON, or ends too soon, is an error, and tried again', async (t) => {
  const simulator = await startedSimulator(t);
  const { mirror, errors } = await mirrored(t, simulator, { token: simulator.token, resources: ['containers'] });
  for (const answer of [{ text: 'not JSON', status: 200 }, { drop: /** @type {const} */ ('body') }]) {
    const count = errors.length;
    const given = simulator.respond('GET /v1/environment/containers', { ...answer, times: 1 });
    simulator.publish({ topic: 'container.updated' });
    await until(() => given.calls === 1 && errors.length > count, JSON.stringify(answer));
    await synced(mirror);
  }
  assert.equal(mirror.containers.size > 0, true);
});

test('a notification that cannot be read may have been about anything: every list is asked for', async (t) => {
  const simulator = await startedSimulator(t);
  const { mirror, errors } = await mirrored(t, simulator, { token: simulator.token });
  const { containers } = simulator.world;
  simulator.respond('GET /v1/environment/containers', { body: { data: containers.slice(1) } });
  simulator.sendRaw(Buffer.from([0x82, 1, 0]));
  await within(
    mirror.until((one) => one.containers.size === containers.length - 1),
    'a list',
  );
  assert.equal(errors[0].code, 'ERR_CYCLE_BINARY_FRAME');
  await synced(mirror);
});

test('a client that is closed, before or later, ends the mirror', async (t) => {
  const platform = await environmentPlatform(t);
  const make = () => getClient({ socketPath: platform.socketPath, token: 'token' });
  const { socketPath } = platform;
  const closed = make();
  await closed.close();
  await assert.rejects(mirrorEnvironment({ ...QUICK, client: closed, socketPath }), { code: 'ERR_CYCLE_CLOSED' });
  const client = make();
  const { mirror, errors } = await mirrored(t, platform, { client });
  await client.close();
  const waiting = assert.rejects(
    mirror.until(() => false),
    { code: 'ERR_CYCLE_CLOSED' },
  );
  platform.notify('container.updated');
  await within(waiting, 'the mirror ends');
  assert.equal(errors[0].code, 'ERR_CYCLE_CLOSED');
  assert.deepEqual([mirror.freshness.reason, mirror.freshness.error], ['closed', errors[0]]);
  await until(() => platform.peers.size === 0, 'notifications are closed');
});

test('a client of the program that throws anything, or gives nothing, is survived', async (t) => {
  const platform = await environmentPlatform(t);
  const good = getClient({ socketPath: platform.socketPath, token: 'token' });
  t.after(() => good.close());
  /** @type {((path: string, init: any) => any) | undefined} */
  let act;
  const client = /** @type {any} */ ({
    GET: (/** @type {any} */ path, /** @type {any} */ init) => (act ?? /** @type {any} */ (good.GET))(path, init),
  });
  const { mirror, errors } = await mirrored(t, platform, { client, resources: ['containers'] });
  const faults = [() => undefined, () => Promise.reject(undefined), () => Promise.reject(new Error('mine'))];
  for (const [n, fault] of faults.entries()) {
    act = fault;
    if (n === 0) platform.notify('container.updated');
    await until(() => errors.length > n, `fault ${n}`);
    assert.equal(mirror.freshness.reason, 'failing');
  }
  act = undefined;
  await synced(mirror);
});

test('`signal` ends the start, whatever it waits for, and the mirror later', async (t) => {
  const platform = await environmentPlatform(t);
  const reason = new Error('enough');
  await assert.rejects(mirrored(t, platform, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(platform.handshakes, 0);

  platform.answer = () => new Promise(() => {});
  const stop = new AbortController();
  const starting = mirrored(t, platform, { signal: stop.signal });
  await until(() => platform.asked.length === 2, 'lists that are not answered');
  stop.abort(reason);
  await assert.rejects(starting, reason);
  await until(() => platform.peers.size === 0 && platform.asked.every(({ end }) => end), 'all of it is given up');

  const nowhere = new AbortController();
  const waiting = mirrored(t, { socketPath: temporarySocketPath(t) }, { signal: nowhere.signal });
  nowhere.abort(reason);
  await assert.rejects(waiting, reason);

  platform.answer = undefined;
  const later = new AbortController();
  const { mirror } = await mirrored(t, platform, { signal: later.signal });
  const condition = assert.rejects(
    mirror.until(() => false),
    reason,
  );
  later.abort(reason);
  await condition;
  assert.deepEqual([mirror.freshness.reason, mirror.freshness.error], ['closed', reason]);
  await until(() => platform.peers.size === 0, 'notifications are closed');
});

test('close() ends calls, timers and notifications; what is known stays readable', async (t) => {
  const platform = await environmentPlatform(t);
  const { mirror, changes } = await mirrored(t, platform);
  platform.answer = () => new Promise(() => {});
  platform.notify('container.updated');
  await until(() => platform.asked.length === 4, 'lists that are not answered');
  await mirror.close();
  await mirror.close();
  await mirror[Symbol.asyncDispose]();
  await until(() => platform.peers.size === 0 && platform.asked.every(({ end }) => end), 'all of it is given up');
  assert.equal(mirror.containers.size, 1);
  assert.deepEqual([changes, mirror.freshness.synced, mirror.freshness.reason], [[], false, 'closed']);
  await assert.rejects(
    mirror.until(() => true),
    { code: 'ERR_CYCLE_CLOSED' },
  );
});

test('a server that answers the handshake with nonsense is polled', async (t) => {
  const server = http.createServer((_request, response) => response.end(JSON.stringify({ data: [] })));
  const { socketPath } = await listen(t, server);
  // Without a listener for `upgrade`, the handshake gets a plain answer.
  const { mirror } = await mirrored(t, { socketPath }, { pollMs: 10 });
  assert.equal(mirror.freshness.reason, 'disconnected');
  assert.equal(/** @type {any} */ (mirror.freshness.error).code, 'ERR_CYCLE_HANDSHAKE');
  await once(server, 'request');
});
