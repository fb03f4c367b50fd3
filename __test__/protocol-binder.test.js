'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const oracle = require('binder-client');
const { binderProtocol, createProtocolClient } = require('../protocol');
const { binderServer } = require('./peers/binder-server.js');

/** Every endpoint with all its params, in an order in which the server knows what is asked. */
const CALLS = [
  ['build', 'start', { repository: 'https://github.com/a/b', force: true }],
  ['build', 'status', { 'image-name': 'https-github-com-a-b' }],
  ['build', 'status', { 'image-name': 'none' }],
  ['build', 'statusAll', {}],
  ['registry', 'fetch', { 'template-name': 'base' }],
  ['registry', 'fetch', { 'template-name': 'none' }],
  ['registry', 'fetchAll', {}],
  ['deploy', 'deploy', { 'template-name': 'base', 'cull-timeout': 30 }],
  ['deploy', 'deploy', { 'template-name': 'none', 'cull-timeout': 30 }],
  ['deploy', 'status', { 'template-name': 'base', id: 'env-1' }],
  ['deploy', 'status', { 'template-name': 'base', id: 'env-9' }],
  ['deploy', 'statusAll', { 'template-name': 'base' }],
  ['deploy', '_preload', { 'template-name': 'base' }],
  ['deploy', '_preloadStatus', { 'template-name': 'base' }],
  ['health', 'status', {}],
];

/** What of a request the two clients must agree on. */
function wire({ method, url, headers, body }) {
  const { authorization, accept, host } = headers;
  const type = body === '' ? undefined : headers['content-type'];
  return { method, url, authorization, accept, host, type, length: Number(headers['content-length'] ?? 0), body };
}

/** Calls the old client. */
function old(group, name, options) {
  return new Promise((resolve) => {
    oracle[group][name](options, (error, result) => resolve({ error, result }));
  });
}

test('the old client and ours have the same commands', () => {
  const shape = (client) =>
    Object.fromEntries(Object.entries(client).map(([group, commands]) => [group, Object.keys(commands)]));
  assert.deepEqual(shape(createProtocolClient(binderProtocol)), shape(oracle));
});

test('every endpoint has the old wire format and the old results', async (t) => {
  const { host, port, key, requests } = await binderServer(t);
  const client = createProtocolClient(binderProtocol, { host, port, apiKey: key });
  const known = new Set();
  for (const [group, name, params] of CALLS) {
    const theirs = await old(group, name, { host, port, 'api-key': key, ...params });
    const ours = await client[group][name](params).then(
      (result) => ({ result }),
      (error) => ({ error }),
    );
    const [first, second] = requests.splice(0);
    const normal = ({ id: _, ...rest }) => rest;
    assert.deepEqual(wire(second), wire(first), `${group}.${name}`);
    assert.equal(ours.error === undefined, !theirs.error, `${group}.${name}`);
    if (ours.error) {
      assert.equal(ours.error.detail, theirs.error.message);
    } else if (name === 'deploy') {
      assert.deepEqual(normal(ours.result), normal(theirs.result));
    } else if (name !== 'statusAll' || group !== 'deploy') {
      assert.deepEqual(ours.result, theirs.result);
    }
    known.add(`${group}.${name}`);
  }
  assert.equal(known.size, 11);
  await client.close();
});

test('errors have their declared name, message and suggestions', async (t) => {
  const { host, port, key } = await binderServer(t);
  const client = createProtocolClient(binderProtocol, { host, port, apiKey: key });
  await client.build.start({ repository: 'a' });
  const expected = [
    [() => client.build.start({ repository: 'a' }), 'alreadyBuilding', 500, 'build.start'],
    [() => client.build.status({ 'image-name': 'b' }), 'noBuildInfo', 500, 'build.status'],
    [() => client.registry.fetch({ 'template-name': 'b' }), 'doesNotExist', 404, 'registry.fetch'],
    [() => client.deploy.deploy({ 'template-name': 'b' }), 'registryError', 500, 'deploy.deploy'],
    [() => client.deploy.status({ 'template-name': 'b', id: '1' }), 'noRecord', 500, 'deploy.status'],
    [() => client.health.status({ 'api-key': 'wrong' }), 'unauthorized', 403, 'health.status'],
  ];
  for (const [call, name, status, endpoint] of expected) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof Error);
      assert.deepEqual(
        { name: error.name, status: error.status, endpoint: error.endpoint },
        { name, status, endpoint },
      );
      const [group, command] = endpoint.split('.');
      const declared =
        binderProtocol[group][command].response.error[name] ?? binderProtocol.global.response.error[name];
      assert.equal(error.suggestions.length, declared.suggestions.length);
      assert.ok(error.message.length > 10 && !/[{}]/.test(error.message));
      assert.ok(error.cause instanceof Error);
      return true;
    });
  }
  await assert.rejects(client.deploy.deploy({ 'template-name': 'b' }), {
    message: 'The template b could not be looked up',
  });
  await client.close();
});

test('what the old client got wrong is right', async (t) => {
  const { host, port, key, requests } = await binderServer(t);
  const open = createProtocolClient(binderProtocol, { host, port });
  const client = createProtocolClient(binderProtocol, { host: `http://${host}`, port, apiKey: key });

  await client.build.start({ repository: 'a' });
  assert.equal(requests.at(-1).body, '{"repository":"a"}', 'an optional param may be left out');
  await client.deploy.statusAll();
  assert.equal(requests.at(-1).url, '/applications/', 'in a path too');
  assert.equal((await open.build.status({ 'image-name': 'a' })).name, 'a', 'no key where none is needed');
  await assert.rejects(open.build.statusAll(), { name: 'unauthorized' });

  const count = requests.length;
  await assert.rejects(client.build.status({ 'image-name': '' }), { name: 'malformedRequest', param: 'image-name' });
  await assert.rejects(client.build.status({ 'image-name': null }), { name: 'malformedRequest', param: 'image-name' });
  assert.equal(requests.length, count, 'nothing was sent');

  const options = Object.freeze({ repository: 'b', host, port, 'api-key': key });
  await client.build.start(options);
  assert.deepEqual(options, { repository: 'b', host, port, 'api-key': key });
  await assert.rejects(client.build.start({}), (error) => error.message.includes('repository'));
  await Promise.all([open.close(), client.close()]);
});
