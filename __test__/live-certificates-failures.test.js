'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { getClient } = require('@cycleplatform/internal-api-client');
const { watchCertificates } = require('@cycleplatform/internal-api-client/live');
const { DAY, makeCertificate } = require('./peers/certificate.js');
const { rejection, TOKEN } = require('./peers/client.js');
const { livePlatform, wrongAccess } = require('./peers/live.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');
const { entry, platformWith, watched } = require('./peers/watched-certificates.js');

/** Pieces of a private key that must be shown nowhere: of each line, and of its Base64. */
function pieces({ private_key }) {
  const lines = private_key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  return [
    ...lines.flatMap((line) => [line.slice(0, 12), line.slice(-8)]),
    Buffer.from(private_key).toString('base64').slice(40, 60),
  ];
}

test('private keys are in no error, and in nothing that is inspected or logged', async (t) => {
  const [one, two] = [makeCertificate(), makeCertificate()];
  const { certificates, errors, platform } = await platformWith(t, [entry('shop', one)]);
  const shown = [
    inspect(certificates, { depth: 20, showHidden: true }),
    inspect(certificates, { depth: 20, getters: true }),
    inspect(certificates.default, { depth: 20 }),
    inspect(certificates.list, { depth: 20 }),
    JSON.stringify([certificates, certificates.default, certificates.list]),
  ];
  const answers = [
    { data: [entry('shop', { bundle: one.bundle, private_key: two.private_key })] },
    { data: [entry('shop', { bundle: one.private_key, private_key: two.private_key })] },
    { data: [entry('shop', { bundle: one.bundle, private_key: two.private_key.slice(0, 120) })] },
    { data: [entry('shop', { bundle: one.bundle, private_key: two.private_key.slice(40) })] },
    { data: { private_key: one.private_key } },
    { data: [{ ...entry('shop', one), bundle: [one.private_key] }] },
    { text: `{"data":[{"private_key":"${one.private_key.split('\n')[1]}"x` },
  ];
  for (const [index, answer] of answers.entries()) {
    platform.answer = () => answer;
    platform.notify('dns.certificate.new');
    await until(() => errors.length > index, 'an error');
  }
  shown.push(...errors.map((error) => inspect(error, { depth: 20, showHidden: true })));
  assert.deepEqual([...new Set(errors.map(({ code }) => code))], ['ERR_CYCLE_CERTIFICATE', 'ERR_CYCLE_BAD_ANSWER']);
  for (const text of shown) {
    for (const piece of [...pieces(one), ...pieces(two)]) assert.ok(!text.includes(piece), text);
  }
  assert.deepEqual({ ...certificates.default }, { cert: one.pem, key: one.private_key });
});

test('what it shows cannot be changed', async (t) => {
  const { certificates } = await platformWith(t, [entry('shop', makeCertificate())]);
  const [one] = /** @type {any} */ (certificates.list);
  assert.throws(() => Object.assign(one, { id: 'other' }), TypeError);
  assert.throws(() => one.domains.push('other.example'), TypeError);
  assert.throws(() => Object.assign(certificates.default ?? {}, { key: 'other' }), TypeError);
  one.validTo.setTime(0);
  assert.ok(certificates.secureContext('shop.example'));
  assert.equal(certificates.SNICallback, certificates.SNICallback);
});

test('at the start, what does not pass rejects', async (t) => {
  const answers = {
    ERR_CYCLE_BAD_ANSWER: [
      { data: {} },
      { data: null },
      { data: [null] },
      { data: [{ id: 'shop', bundle: 'x' }] },
      { data: [{ id: 1, bundle: '', private_key: '' }] },
      { text: '{' },
    ],
    ERR_CYCLE_API: [
      { status: 401, error: { code: '401.auth-invalid' } },
      { status: 404, error: { code: '404.uri' } },
    ],
  };
  for (const [code, given] of Object.entries(answers)) {
    for (const answer of given) {
      const platform = await livePlatform(t, () => answer);
      const error = await rejection(watchCertificates({ socketPath: platform.socketPath, token: TOKEN }));
      assert.equal(error.code, code, JSON.stringify(answer));
      assert.match(error.message, /GET \/v1\/containers\/certificates/);
      await until(() => platform.connections === 0, 'nothing is left open');
    }
  }
});

test('a missing scope is named', async (t) => {
  const { socketPath, token } = await startedSimulator(t, { scopes: ['notifications'] });
  const error = await rejection(watchCertificates(/** @type {any} */ ({ socketPath, token })));
  assert.equal(error.status, 403);
  assert.match(error.message, /needs scope `self`/);
});

test('later, failures leave the certificates, and are followed by what works', async (t) => {
  const { certificates, errors, rotated, platform } = await platformWith(t, [entry('shop', makeCertificate())]);
  const context = certificates.secureContext('shop.example');
  const failures = [{ data: {} }, { status: 403, error: { code: '403.permissions' } }, { text: 'nothing' }, 'drop'];
  for (const [index, answer] of failures.entries()) {
    platform.answer = () => answer;
    platform.notify('dns.certificate.new');
    await until(() => errors.length > index, 'an error');
    assert.equal(certificates.secureContext('shop.example'), context);
    const working = () => platform.calls.length;
    const calls = working();
    platform.answer = () => ({ data: [] });
    await until(() => working() > calls, 'it is asked again');
  }
  platform.answer = () => ({ data: [entry('shop', makeCertificate())] });
  platform.notify('dns.zone.certificate.ready');
  await until(() => rotated.length === 1, 'the rotation');
});

test('where notifications are refused, it polls', async (t) => {
  const platform = await livePlatform(t, () => ({ data: [entry('shop', makeCertificate())] }));
  platform.refusal = 403;
  const { rotated } = await watched(t, platform, { pollMs: 5 });
  const next = entry('shop', makeCertificate({ from: new Date(Date.now() - 2 * DAY) }));
  platform.answer = () => ({ data: [next] });
  await until(() => rotated.length > 0, 'the rotation');
});

test('a socket that goes and comes back is followed', async (t) => {
  const socketPath = temporarySocketPath(t);
  const [old, next] = [makeCertificate(), makeCertificate()];
  const first = await livePlatform(t, () => ({ data: [entry('shop', old)] }), socketPath);
  const { certificates, errors, rotated } = await watched(t, first);
  await until(() => first.connections === 1, 'the connection');
  await first.close();
  const second = await livePlatform(t, () => ({ data: [entry('shop', next)] }), socketPath);
  await until(() => second.connections === 1 && rotated.length > 0, 'the rotation');
  assert.equal(certificates.default?.cert, next.pem);
  for (const error of errors) assert.ok(error.socketPath, 'only the connection failed');
});

test('a token that expires leaves the certificates', async (t) => {
  const simulator = await startedSimulator(t);
  const { certificates, errors } = await watched(t, simulator, { pollMs: 20 });
  const { list } = certificates;
  simulator.setToken('another');
  await until(() => errors.some(({ status }) => status === 401), 'a 401');
  assert.equal(certificates.list, list);
});

test('after the end it goes on showing what it had', async (t) => {
  const { certificates, platform } = await platformWith(t, [entry('shop', makeCertificate())]);
  await certificates.close();
  await until(() => platform.connections === 0, 'the end');
  assert.ok(certificates.secureContext('shop.example'));
});

test('a client that is closed ends it, a signal too', async (t) => {
  const platform = await livePlatform(t, () => ({ data: [] }));
  const client = getClient({ socketPath: platform.socketPath, token: TOKEN });
  const certificates = await watchCertificates({ client, pollMs: 5, minIntervalMs: 1 });
  const failed = once(certificates, 'error');
  await client.close();
  assert.equal((await failed)[0].code, 'ERR_CYCLE_CLOSED');
  assert.equal((await rejection(watchCertificates({ client }))).code, 'ERR_CYCLE_CLOSED');

  const stop = new AbortController();
  const access = { socketPath: platform.socketPath, token: TOKEN, signal: stop.signal };
  await watchCertificates(access);
  await until(() => platform.connections === 1, 'the connection');
  stop.abort(new Error('enough'));
  await until(() => platform.connections === 0, 'the end');
  assert.equal(await rejection(watchCertificates(access)), stop.signal.reason);
});

test('wrong options are refused', async () => {
  for (const [options, code] of [
    ...wrongAccess(),
    [{ required: [] }, 'ERR_INVALID_ARG_VALUE'],
    [{ pollMs: '5' }, 'ERR_INVALID_ARG_TYPE'],
    [{ pollMs: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ minIntervalMs: -1 }, 'ERR_OUT_OF_RANGE'],
  ]) {
    const error = await rejection(watchCertificates(/** @type {any} */ (options)));
    assert.equal(error.code, code, JSON.stringify(options));
  }
});

test('the closer a certificate is to its end, the more often lists come', async () => {
  const { listInterval } = await import('../lib/live/renewal.mjs');
  const hour = 3_600_000;
  const cases = [
    [Number.POSITIVE_INFINITY, hour, hour],
    [90 * DAY, hour, hour],
    [30 * DAY, hour, hour],
    [15 * DAY, hour, hour / 2],
    [DAY, hour, 120_000],
    [hour, hour, 60_000],
    [0, hour, 60_000],
    [-DAY, hour, 60_000],
    [DAY, 50, 50],
  ];
  for (const [left, pollMs, expected] of cases) assert.equal(listInterval(left, pollMs), expected, String(left));
});
