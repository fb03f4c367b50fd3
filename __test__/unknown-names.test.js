'use strict';

// Names that callers in JavaScript get wrong: one process warning each where they were ever ignored, an error elsewhere.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const test = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { getClient, NotificationSocket } = require('..');
const { binderProtocol, createProtocolClient, defineProtocol } = require('../protocol');
const { startSimulator } = require('../testing');
const { client, rejection } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');

const TOKEN = 'unused';
const closed = (made) => void made.close();

/** The warnings that a piece of work draws. */
async function warningsOf(work) {
  const warnings = [];
  const listener = ({ name, code, message }) => warnings.push([name, code, message]);
  process.on('warning', listener);
  try {
    await work();
    await turn();
  } finally {
    process.off('warning', listener);
  }
  return warnings;
}

const OPTION = ['CycleWarning', 'CYCLE_UNKNOWN_OPTION'];

/** What is done, and the only warning that it draws. */
const WARNINGS = {
  'an option of getClient': [
    () => closed(getClient({ token: TOKEN, timeout: 5 })),
    [...OPTION, 'getClient has no option timeout: did you mean timeoutMs?'],
  ],
  'the path of the socket': [
    () => closed(getClient({ token: TOKEN, sockPath: '/tmp/x' })),
    [...OPTION, 'getClient has no option sockPath: did you mean socketPath?'],
  ],
  'the start of a name': [
    () => closed(getClient({ token: TOKEN, socket: '/tmp/x' })),
    [...OPTION, 'getClient has no option socket: did you mean socketPath?'],
  ],
  'an option of retry': [
    () => closed(getClient({ token: TOKEN, retry: { retires: 2 } })),
    [...OPTION, 'retry of getClient has no option retires: did you mean retries?'],
  ],
  'an option of NotificationSocket': [
    () => void new NotificationSocket({ token: TOKEN, topic: ['container.new'] }),
    [...OPTION, 'NotificationSocket has no option topic: did you mean topics?'],
  ],
  'a topic': [
    () => void new NotificationSocket({ token: TOKEN, topics: ['contaner.state.changed'] }),
    [
      'CycleWarning',
      'CYCLE_UNKNOWN_TOPIC',
      'NotificationSocket: there is no known topic contaner.state.changed: did you mean container.state.changed?',
    ],
  ],
  'a pattern of topics': [
    () => void new NotificationSocket({ token: TOKEN, topics: ['contaner.*'] }),
    [
      'CycleWarning',
      'CYCLE_UNKNOWN_TOPIC',
      'NotificationSocket: there is no known topic contaner.*: did you mean container.*?',
    ],
  ],
};

for (const [what, [work, warning]] of Object.entries(WARNINGS)) {
  test(`a typo in ${what} draws one warning`, async () => {
    assert.deepEqual(await warningsOf(work), [warning]);
    assert.deepEqual(await warningsOf(work), [], 'once in a process');
  });
}

test('an unknown option that is like none draws one that lists them', async () => {
  const [[, , message]] = await warningsOf(() => closed(getClient({ token: TOKEN, zzz: 1 })));
  assert.match(message, /^getClient has no option zzz: there are token, socketPath, retry, .*timeoutMs/);
});

const CALLS = {
  params: [{ param: { query: {} } }, 'GET /v1/hub: there is no option param: did you mean params?'],
  headers: [{ header: {} }, 'GET /v1/hub: there is no option header: did you mean headers?'],
  parseAs: [{ parseas: 'text' }, 'GET /v1/hub: there is no option parseas: did you mean parseAs?'],
  'params.query': [{ query: { a: 1 } }, 'GET /v1/hub: there is no option query: did you mean params.query?'],
  query: [{ params: { qeury: {} } }, 'params of GET /v1/hub: there is no option qeury: did you mean query?'],
  path: [{ params: { query: { a: 1 }, pth: {} } }, 'params of GET /v1/hub: there is no option pth: did you mean path?'],
};

for (const [name, [init, message]] of Object.entries(CALLS)) {
  test(`a typo of ${name} in a call draws one warning, and the call goes on`, async (t) => {
    const peer = await recordingServer(t, (_request, response) => json(response, { a: 1 }));
    const made = client(t, peer);
    const call = async () => assert.deepEqual((await made.GET('/v1/hub', init)).data, { a: 1 });
    assert.deepEqual(await warningsOf(call), [[...OPTION, message]]);
    assert.deepEqual(await warningsOf(call), [], 'once in a process');
  });
}

test('a path without its first slash is asked for with it, and draws one warning', async (t) => {
  const peer = await recordingServer(t, (_request, response) => json(response, {}));
  const made = client(t, peer);
  const withMiddleware = client(t, peer);
  withMiddleware.use({ onRequest: () => undefined });
  const message = 'GET v1/hub: the path has no slash at its start: did you mean /v1/hub?';
  const warnings = await warningsOf(async () => {
    await made.GET('v1/hub');
    await made.request('get', 'v1/hub', { params: { query: { a: 1 } } });
    await withMiddleware.GET('v1/hub');
  });
  assert.deepEqual(warnings, [['CycleWarning', 'CYCLE_RELATIVE_PATH', message]]);
  assert.deepEqual(
    peer.requests.map(({ url }) => url),
    ['/v1/hub', '/v1/hub?a=1', '/v1/hub'],
  );
});

test('what is right, or of somebody else, draws none', async (t) => {
  const peer = await recordingServer(t, (_request, response) => json(response, {}));
  const source = readFileSync(join(__dirname, '..', 'index.d.ts'), 'utf8');
  const [, declared] = /interface ClientOptions \{(.*?)\n\}/s.exec(source);
  const names = [...declared.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
  assert.ok(names.length > 4);
  const warnings = await warningsOf(async () => {
    closed(getClient({ ...Object.fromEntries(names.map((name) => [name, undefined])), token: TOKEN }));
    closed(getClient({ token: TOKEN, retry: { retries: 1, baseDelayMs: 1, maxDelayMs: 2 } }));
    new NotificationSocket({ token: TOKEN, captureRejections: true, topics: ['container.new', 'container.*'] });
    const made = client(t, peer);
    await made.GET('/v1/hub', { params: { path: {}, query: {}, header: {}, cookie: {} }, cache: 'no-store', mine: 1 });
    await made.POST('/v1/hub', { body: {}, bodySerializer: JSON.stringify, duplex: 'half', priority: 'low' });
    await made.GET('/v1/hub', {
      next: { revalidate: 1 },
      middleware: [{ onRequest() {} }],
      baseUrl: 'http://localhost/',
    });
    await made.GET('', {});
  });
  assert.deepEqual(warnings, []);
});

test('a protocol client and its functions refuse unknown options', async (t) => {
  assert.throws(() => createProtocolClient(binderProtocol, { prot: 1 }), /no option prot: did you mean port\?/);
  assert.throws(() => createProtocolClient(binderProtocol, { timeout: 1 }), /did you mean timeoutMs\?/);
  const made = createProtocolClient(binderProtocol, { host: '127.0.0.1', port: 1, apiKey: 'unused' });
  t.after(() => made.close());
  const error = await rejection(made.health.statusAll?.({}, { timeout: 5 }) ?? made.build.start({}, { timeout: 5 }));
  assert.match(error.message, /no option timeout: did you mean timeoutMs\?/);
  assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
  assert.throws(() => defineProtocol({ group: { one: { path: '/one', requst: {} } } }), /requst/);
});

test('a simulator refuses unknown options', async (t) => {
  const refused = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
  const refuses = (work, message) => assert.rejects(async () => work(), { ...refused, message });
  await refuses(() => startSimulator({ latency: 5 }), 'startSimulator has no option latency: did you mean latencyMs?');
  await refuses(() => startSimulator({ election: { enable: true } }), /did you mean enabled\?/);
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  await refuses(() => simulator.respond({ pth: '/v1/hub' }, { status: 200 }), /did you mean path\?/);
  await refuses(() => simulator.respond('/v1/hub', { status: 200 }, { time: 1 }), /did you mean times\?/);
  await refuses(() => simulator.publishEvery({ topic: 'container.new' }, { persecond: 1 }), /did you mean perSecond\?/);
  await refuses(() => simulator.disconnect({ abrubt: true }), /did you mean abrupt\?/);
  await refuses(() => simulator.goSilent({ handshake: true }), /did you mean handshakes\?/);
  await refuses(() => simulator.whenConnected(1, { singal: undefined }), /did you mean signal\?/);
});
