'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { production: binary, target } = require('./peers/addons.js');
const { run } = require('./peers/child.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');

const root = path.join(__dirname, '..');
const platform = `@cycleplatform/internal-api-client-${target}`;

/** Makes a client, loads the addon a second time, and prints where it came from and whether it is one and the same. */
const PROGRAM = `
  require('@cycleplatform/internal-api-client').getClient({ token: 'unused' });
  const [file, ...others] = Object.keys(require.cache).filter((name) => name.endsWith('.node'));
  const same = require.cache[file].exports === require(file);
  console.log(JSON.stringify({ file: require('node:path').relative(process.cwd(), file), others, same }));
`;

/**
 * A project with the package, and its addon in some folder of the project.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} [place]
 */
function install(t, place) {
  const folder = fs.realpathSync(temporaryFolder(t));
  const own = path.join(folder, 'node_modules/@cycleplatform/internal-api-client');
  fs.mkdirSync(own, { recursive: true });
  for (const name of ['package.json', 'binding.js', 'dist']) {
    fs.cpSync(path.join(root, name), path.join(own, name), { recursive: true });
  }
  if (place) {
    fs.mkdirSync(path.join(folder, place), { recursive: true });
    fs.copyFileSync(path.join(root, binary), path.join(folder, place, binary));
  }
  return folder;
}

/** @param {string} cwd */
const load = (cwd) => run(process.execPath, ['-e', PROGRAM], { cwd, env: { NAPI_RS_NATIVE_LIBRARY_PATH: '' } });

const OWN = 'node_modules/@cycleplatform/internal-api-client';

for (const [what, place] of [
  ['beside dist', OWN],
  ['in a package beside this one', `node_modules/${platform}`],
  ['in a package of its own node_modules', `${OWN}/node_modules/${platform}`],
]) {
  test(`the addon is found ${what}, and is one in the process`, async (t) => {
    const { code, stdout, stderr } = await load(install(t, place));
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { file: path.join(place, binary), others: [], same: true });
  });
}

test('an addon of another version beside the package does not come before its own', async (t) => {
  const folder = install(t, `${OWN}/node_modules/${platform}`);
  fs.mkdirSync(path.join(folder, 'node_modules', platform), { recursive: true });
  fs.writeFileSync(path.join(folder, 'node_modules', platform, binary), 'of another version');
  const { code, stdout, stderr } = await load(folder);
  assert.equal(code, 0, stderr);
  assert.ok(JSON.parse(stdout).file.startsWith(OWN));
});

test('a runtime that lacks functions of Node-API is told so, and does not die of it', async (t) => {
  const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, napi: '8' } });`;
  const folder = install(t, OWN);
  const call = "require('@cycleplatform/internal-api-client').getClient({ token: 't' }).GET('/v1/environment')";
  const { code, stderr } = await run(process.execPath, ['-e', old + call], { cwd: folder });
  assert.equal(code, 1);
  assert.match(stderr, /Node-API 9 is needed, here it is 8/);
  assert.match(stderr, /code: 'ERR_CYCLE_NATIVE_MISSING'/);
});
