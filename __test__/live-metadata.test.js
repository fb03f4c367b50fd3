'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { watchEnvironmentMetadata } = require('@cycleplatform/internal-api-client/live');
const { run } = require('./peers/child.js');
const { rejection } = require('./peers/client.js');
const { wrongAccess } = require('./peers/live.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

const text = (id, more = {}) => JSON.stringify({ id, deployments: { tags: { web: 'v1' } }, ...more });

/**
 * A file, and a watch of it that is closed after the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} [content]
 */
async function watched(t, content = text('one')) {
  const file = path.join(temporaryFolder(t), 'environment.json');
  fs.writeFileSync(file, content);
  const watch = await watchEnvironmentMetadata({ path: file, intervalMs: 5 });
  t.after(() => watch.close());
  const changes = [];
  const errors = [];
  watch.on('change', (...pair) => changes.push(pair.map(({ id }) => id)));
  watch.on('error', (error) => errors.push(error));
  return { file, watch, changes, errors };
}

test('it has the metadata, and tells of a change', async (t) => {
  const { file, watch } = await watched(t);
  assert.equal(watch.current.id, 'one');
  const before = watch.current;
  fs.writeFileSync(file, text('two'));
  const [next, old] = await once(watch, 'change');
  assert.equal(next, watch.current);
  assert.equal(next.id, 'two');
  assert.equal(old, before);
});

test('it finds the file of a simulator by the environment', async (t) => {
  const simulator = await startedSimulator(t);
  const program = `require('./live').watchEnvironmentMetadata().then((watch) => {
    console.log(watch.current.id);
    watch.unref();
  });`;
  const { code, stdout, stderr } = await run(process.execPath, ['-e', program], {
    cwd: path.join(__dirname, '..'),
    env: { ...process.env, ...simulator.env },
  });
  assert.deepEqual([code, stdout.trim(), stderr], [0, simulator.world.environment_metadata.id, '']);
});

test('the same content in another file, or in another order, is no change', async (t) => {
  const { file, watch, changes } = await watched(t);
  const before = watch.current;
  const other = `${file}.new`;
  fs.writeFileSync(other, ' { "deployments": { "tags": { "web": "v1" } }, "id": "one" } ');
  fs.renameSync(other, file);
  // Long enough to be read several times.
  await sleep(100);
  assert.equal(watch.current, before);
  fs.writeFileSync(other, text('two'));
  fs.renameSync(other, file);
  await once(watch, 'change');
  assert.deepEqual(changes, [['two', 'one']]);
});

test('a file that is replaced, again and again, is followed', async (t) => {
  const { file, watch } = await watched(t);
  for (let round = 0; round < 10; round += 1) {
    fs.writeFileSync(`${file}.new`, text(`round ${round}`));
    fs.renameSync(`${file}.new`, file);
    await until(() => watch.current.id === `round ${round}`, 'the replaced file');
  }
});

test('a half-written file keeps what was, and is not even an error when it is completed', async (t) => {
  const { file, watch, changes, errors } = await watched(t);
  const whole = text('two', { padding: 'x'.repeat(10_000) });
  const handle = fs.openSync(file, 'w');
  for (const part of [whole.slice(0, 10), whole.slice(10, 5000), whole.slice(5000)]) {
    assert.equal(watch.current.id, 'one');
    fs.writeSync(handle, part);
  }
  fs.closeSync(handle);
  await until(() => changes.length > 0, 'the change');
  assert.deepEqual(changes, [['two', 'one']]);
  assert.deepEqual(errors, []);
});

test('a file that stays broken is reported once, and read again', async (t) => {
  const { file, watch, changes, errors } = await watched(t);
  const broken = {
    ERR_CYCLE_METADATA_JSON: () => fs.writeFileSync(file, '{ "id": "tw'),
    ERR_CYCLE_METADATA_SHAPE: () => fs.writeFileSync(file, '[]'),
    ENOENT: () => fs.rmSync(file),
    EISDIR: () => fs.mkdirSync(file),
  };
  for (const [index, [code, damage]] of Object.entries(broken).entries()) {
    damage();
    await until(() => errors.length > index, code);
    assert.equal(errors[index].code, code);
    assert.ok(errors[index].message.includes(file), errors[index].message);
    assert.equal(watch.current.id, 'one');
  }
  fs.rmdirSync(file);
  await until(() => errors.length === 5, 'it is missing again');
  fs.writeFileSync(file, text('two'));
  await until(() => changes.length > 0, 'the change');
  assert.deepEqual(
    errors.map(({ code }) => code),
    [...Object.keys(broken), 'ENOENT'],
  );
});

test('a failure without a listener is no exception', async (t) => {
  const { file, watch, changes } = await watched(t);
  watch.removeAllListeners('error');
  fs.rmSync(file);
  // Long enough to be reported.
  await sleep(200);
  fs.writeFileSync(file, text('two'));
  await until(() => changes.length > 0, 'the change');
});

test('a file that comes while it starts is waited for, one that does not is an error', async (t) => {
  const file = path.join(temporaryFolder(t), 'environment.json');
  const missing = await rejection(watchEnvironmentMetadata({ path: file, intervalMs: 1 }));
  assert.equal(missing.code, 'ENOENT');
  assert.match(missing.message, /CYCLE_METADATA_PATH/);

  const starting = watchEnvironmentMetadata({ path: file });
  fs.writeFileSync(file, '');
  fs.writeFileSync(file, text('one'));
  const watch = await starting;
  assert.equal(watch.current.id, 'one');
  await watch.close();

  fs.writeFileSync(file, '');
  assert.equal(
    (await rejection(watchEnvironmentMetadata({ path: file, intervalMs: 1 }))).code,
    'ERR_CYCLE_METADATA_JSON',
  );
  fs.writeFileSync(file, 'null');
  assert.equal(
    (await rejection(watchEnvironmentMetadata({ path: file, intervalMs: 1 }))).code,
    'ERR_CYCLE_METADATA_SHAPE',
  );
});

test('what it gives cannot be changed', async (t) => {
  const { watch } = await watched(t);
  assert.throws(() => {
    /** @type {any} */ (watch.current).deployments.tags.web = 'v2';
  }, TypeError);
});

test('after close nothing is told, and the process may end', async (t) => {
  const { file, watch, changes } = await watched(t);
  await watch.close();
  fs.writeFileSync(file, text('two'));
  const other = await watchEnvironmentMetadata({ path: file });
  assert.equal(other.current.id, 'two');
  await other[Symbol.asyncDispose]();
  assert.deepEqual(changes, []);
});

test('a signal ends it', async (t) => {
  const file = path.join(temporaryFolder(t), 'environment.json');
  const stop = new AbortController();
  const starting = rejection(watchEnvironmentMetadata({ path: file, signal: stop.signal }));
  stop.abort(new Error('enough'));
  assert.equal(await starting, stop.signal.reason);
  assert.equal(await rejection(watchEnvironmentMetadata({ path: file, signal: stop.signal })), stop.signal.reason);
});

test('what a listener throws does not end the watch', async (t) => {
  const { file, watch } = await watched(t);
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const caught = once(process, 'uncaughtException');
  watch.once('change', () => {
    throw new Error('of the listener');
  });
  fs.writeFileSync(file, text('two'));
  const [error] = await caught;
  for (const listener of listeners) process.on('uncaughtException', listener);
  assert.equal(error.message, 'of the listener');
  fs.writeFileSync(file, text('three'));
  await until(() => watch.current.id === 'three', 'the next change');
});

test('wrong options are refused', async () => {
  for (const [options, code] of [
    ...wrongAccess(),
    [{ path: '' }, 'ERR_INVALID_ARG_TYPE'],
    [{ path: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ intervalMs: '5' }, 'ERR_INVALID_ARG_TYPE'],
    [{ intervalMs: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ intervalMs: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
  ]) {
    assert.equal(
      (await rejection(watchEnvironmentMetadata(/** @type {any} */ (options)))).code,
      code,
      JSON.stringify(options),
    );
  }
});
