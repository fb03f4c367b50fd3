'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { run } = require('./peers/child.js');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');
const PUBLIC = ['NotificationSocket', 'connectNotifications', 'getClient', 'getEnvironmentMetadata'];

test('the package has four names, by require and by import', async () => {
  const required = require('@cycleplatform/internal-api-client');
  assert.deepEqual(Object.keys(required), PUBLIC);
  // Newer Node adds what CommonJS calls it.
  const { 'module.exports': _, default: all, ...names } = await import('@cycleplatform/internal-api-client');
  assert.deepEqual(Object.keys(names).sort(), [...PUBLIC].sort());
  assert.equal(all, required);
  for (const [name, value] of Object.entries(names)) assert.equal(value, required[name], name);
});

test('import finds its names without a search of the whole package', async () => {
  const file = path.join(dist, 'import.js');
  assert.ok(fs.statSync(file).size < 400);
  const names = Object.keys(await import('@cycleplatform/internal-api-client/testing')).filter(
    (name) => !/[.]|default/.test(name),
  );
  assert.deepEqual(names, ['startSimulator']);
});

test('every entry loads dist/ alone', async () => {
  for (const entry of ['.', './live', './testing', './protocol', './dist/cli.js']) {
    const program = `require('${entry}');
      const own = Object.keys(require.cache).filter((file) => !file.includes('node_modules'));
      console.log(JSON.stringify(own.map((file) => require('node:path').relative(process.cwd(), file))));`;
    const { code, stdout, stderr } = await run(process.execPath, ['-e', program], { cwd: root });
    assert.equal(code, 0, stderr);
    const others = JSON.parse(stdout).filter((file) => !/^(dist.\w+|live|testing|protocol)\.js$/.test(file));
    assert.deepEqual(others, [], entry);
  }
});

test('a module of lib/ is in one file of dist/', () => {
  const maps = fs.readdirSync(dist).filter((name) => name.endsWith('.map'));
  const sources = maps.flatMap((name) => JSON.parse(fs.readFileSync(path.join(dist, name), 'utf8')).sources);
  // Constants are wherever they are used.
  const modules = sources.filter((source) => source.startsWith('../lib/') && source !== '../lib/bridge/wire.mjs');
  assert.ok(modules.length > 40, modules.join());
  assert.deepEqual(
    modules.filter((source, at) => modules.indexOf(source) !== at),
    [],
  );
  for (const source of modules) {
    assert.ok(fs.existsSync(path.join(dist, source)), `${source} is no file as seen from dist/`);
  }
});

test('the numbers that native code knows as well stand where they are used', async () => {
  const numbers = Object.entries(await import('../lib/bridge/wire.mjs')).filter(
    ([, value]) => typeof value === 'number',
  );
  assert.ok(numbers.length > 50);
  const bundles = fs.readdirSync(dist).filter((name) => name.endsWith('.js'));
  const text = bundles.map((name) => fs.readFileSync(path.join(dist, name), 'utf8')).join('');
  assert.deepEqual(
    numbers.filter(([name]) => new RegExp(`\\b${name}\\b`).test(text)),
    [],
  );
});

test('what clients load does not name the addon with the tools, so that bundlers leave it out', () => {
  const withName = fs
    .readdirSync(dist)
    .filter((name) => name.endsWith('.js') && fs.readFileSync(path.join(dist, name), 'utf8').includes('binding-tools'));
  assert.deepEqual(withName, ['protocol.js']);
});

test('errors of a call are of one class, whichever entry made it', async () => {
  const { TransportError } = require('..').internals;
  const { createProtocolClient, cycleProtocol } = require('../protocol');
  const client = createProtocolClient(cycleProtocol, { socketPath: '/nowhere.sock', token: 't' });
  const { cause } = await client.hub.get({}).catch((/** @type {any} */ error) => error);
  assert.ok(cause instanceof TransportError);
  await client.close();
});

test('with --enable-source-maps a stack names the files of lib/', async () => {
  const program = `require(${JSON.stringify(root)}).getClient({ token: 't', timeoutMs: -1 })`;
  const { stderr } = await run(process.execPath, ['--enable-source-maps', '-e', program]);
  assert.match(stderr, /lib.client.client\.mjs:\d+/);
});
