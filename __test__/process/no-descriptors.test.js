'use strict';

// Failures that nothing may be loaded for: a process without a free descriptor, and one whose package is gone.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { run } = require('../peers/child.js');
const { httpServer } = require('../peers/http-server.js');
const { temporaryFolder } = require('../peers/temporary-folder.js');

const root = path.join(__dirname, '..', '..');

/** @type {import('node:http').RequestListener} */
function answer(request, response) {
  response.setHeader('content-type', 'application/json');
  switch (request.url) {
    case '/missing':
      response.writeHead(404, 'Gone Fishing', { 'x-why': 'because', 'content-length': 0 }).end();
      break;
    case '/invalid':
      response.end('{');
      break;
    case '/large':
      response.end(JSON.stringify(Array.from({ length: 4000 }, (_, id) => ({ id, name: 'instance' }))));
      break;
    case '/lost':
      request.socket.destroy();
      break;
    default:
      response.end('{"fine":true}');
  }
}

/** @param {string} socketPath @param {string} start */
async function runWithout(socketPath, start) {
  const script = path.join(__dirname, 'scripts', 'no-descriptors.js');
  const command = 'ulimit -n 100; exec "$0" "$@"';
  const child = await run('/bin/sh', ['-c', command, process.execPath, script, socketPath, start]);
  assert.equal(child.code, 0, child.stderr);
  return JSON.parse(child.stdout);
}

test('the first failure of a process without a free descriptor is a rejection, as all others are', async (t) => {
  const { socketPath } = await httpServer(t, answer);
  const { codes, metadata, after } = await runWithout(socketPath, 'cold');
  assert.deepEqual(codes, ['EMFILE']);
  assert.equal(metadata, 'EMFILE');
  assert.deepEqual(after, { fine: true });
});

test('every kind of failed answer is reported without a free descriptor', async (t) => {
  const { socketPath } = await httpServer(t, answer);
  const { missing, invalid, large, lost, codes, after } = await runWithout(socketPath, 'warm');
  const [error, statusText, header] = missing;
  assert.equal(error.error.status, 404);
  assert.deepEqual([statusText, header], ['Gone Fishing', 'because']);
  assert.equal(invalid, 'ERR_CYCLE_INVALID_JSON');
  assert.equal(large, 4000);
  assert.ok(['ECONNRESET', 'ERR_CYCLE_CONNECTION_CLOSED', 'ERR_CYCLE_CONNECTION_LOST'].includes(lost), lost);
  // The lost connection has left a descriptor.
  assert.deepEqual(codes, ['EMFILE', 'fine']);
  assert.deepEqual(after, { fine: true });
});

const USES = `
  const fs = require('node:fs');
  const { getClient } = require(process.argv[1]);
  const client = getClient({ token: 't', socketPath: process.argv[2] });
  const codeOf = (promise) => promise.then(() => 'fine', (error) => error.code);
  (async () => {
    await client.GET('/json');
    const taken = [];
    try {
      for (;;) taken.push(fs.openSync('/dev/null'));
    } catch {}
    const init = process.argv[3] === 'query' ? { params: { query: { a: 1 } } } : { middleware: [{ onRequest() {} }] };
    const without = await codeOf(client.GET('/json', init));
    for (const descriptor of taken) fs.closeSync(descriptor);
    console.log(JSON.stringify([without, await codeOf(client.GET('/json', init))]));
    process.exit();
  })();`;

for (const kind of ['query', 'middleware']) {
  test(`the first call with ${kind} may come when no descriptor is free, and the next is answered`, async (t) => {
    const { socketPath } = await httpServer(t, answer);
    const command = 'ulimit -n 100; exec "$0" "$@"';
    const child = await run('/bin/sh', ['-c', command, process.execPath, '-e', USES, root, socketPath, kind]);
    assert.equal(child.code, 0, child.stderr);
    assert.deepEqual(JSON.parse(child.stdout), ['EMFILE', 'fine']);
  });
}

const GONE = `
  const fs = require('node:fs');
  const { getClient, getEnvironmentMetadata } = require(process.argv[1]);
  const client = getClient({ token: 't', socketPath: process.argv[2] });
  const codeOf = (promise) => promise.then(() => 'fine', (error) => error.code);
  (async () => {
    await client.GET('/json');
    fs.rmSync(process.argv[1], { recursive: true });
    const { error, response } = await client.GET('/missing');
    const codes = [await codeOf(client.GET('/invalid')), error.error.status, response.headers.get('x-why')];
    const metadata = await getEnvironmentMetadata({ path: process.argv[3] });
    client.close();
    codes.push(await codeOf(client.GET('/json')), metadata.data);
    console.log(JSON.stringify(codes));
  })();`;

test('a package that is gone, as after an update in place, fails no call and hides no failure', async (t) => {
  const { socketPath } = await httpServer(t, answer);
  const folder = temporaryFolder(t);
  const installed = path.join(folder, 'package');
  for (const name of ['package.json', 'dist', 'lib', 'generated']) {
    fs.cpSync(path.join(root, name), path.join(installed, name), { recursive: true });
  }
  for (const name of fs.readdirSync(root).filter((file) => file.endsWith('.node'))) {
    fs.symlinkSync(path.join(root, name), path.join(installed, name));
  }
  const metadata = path.join(folder, 'environment.json');
  fs.writeFileSync(metadata, '{"id":"e"}');
  const child = await run(process.execPath, ['-e', GONE, installed, socketPath, metadata]);
  assert.equal(child.code, 0, child.stderr);
  assert.deepEqual(JSON.parse(child.stdout), [
    'ERR_CYCLE_INVALID_JSON',
    404,
    'because',
    'ERR_CYCLE_CLOSED',
    { id: 'e' },
  ]);
});

test('the metadata is asked for in vain, and not thrown about, where the addon cannot be loaded', async () => {
  const code = `
    const { getEnvironmentMetadata } = require(${JSON.stringify(root)});
    process.env.NAPI_RS_NATIVE_LIBRARY_PATH = '/nowhere.node';
    Object.defineProperty(process, 'versions', { value: { ...process.versions, napi: '1' } });
    getEnvironmentMetadata().then(({ data, error }) => console.log(data, error.code));`;
  const child = await run(process.execPath, ['-e', code]);
  assert.equal(child.code, 0, child.stderr);
  assert.equal(child.stdout.trim(), 'null ERR_CYCLE_NATIVE_MISSING');
});
