'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { getEnvironmentMetadata } = require('..');
const { startSimulator } = require('../testing');

test('options of another type are refused in words', async () => {
  for (const [options, expected] of [
    [null, /^startSimulator takes an object with options, not null$/],
    [5, /^startSimulator takes an object with options, not a number$/],
    [[], /^startSimulator takes an object with options, not an array$/],
    [{ socketPath: 5 }, /^socketPath must be a string, not a number$/],
    [{ socketPath: null }, /^socketPath must be a string, not null$/],
    [{ socketPath: '' }, /^socketPath must not be empty$/],
    [{ socketPath: 'a\0b' }, /^socketPath must not contain a zero byte$/],
    [{ metadataPath: '' }, /^metadataPath must not be empty$/],
    [{ metadataPath: {} }, /^metadataPath must be a string, not an object$/],
    [{ host: 5, port: 0 }, /^host must be a string, not a number$/],
    [{ host: '', port: 0 }, /^host must not be empty$/],
    [{ token: 5 }, /^token must be a string, not a number$/],
    [{ token: '' }, /^token must not be empty$/],
    [{ token: 'a\nb' }, /^token must have only characters that HTTP allows in a header$/],
    [{ token: 'a☃' }, /^token must have only characters that HTTP allows in a header$/],
    [{ world: 5 }, /^world must be an object or a function, not a number$/],
    [{ world: [] }, /^world must be an object or a function, not an array$/],
    [{ world: () => 5 }, /^the function world must return an object, not a number$/],
    [{ world: { a: 1n } }, /^world cannot be written as JSON: .*BigInt/],
    [{ election: 5 }, /^election must be an object, not a number$/],
    [{ election: { enabled: 'x' } }, /^election\.enabled must be true or false, not a string$/],
  ]) {
    await assert.rejects(startSimulator(options), (error) => {
      assert.ok(error instanceof TypeError, String(error.stack));
      assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
      assert.match(error.message, expected);
      return true;
    });
  }
});

test('an address in brackets is an address', async () => {
  const simulator = await startSimulator({ host: '[::1]', port: 0 });
  assert.match(String(simulator.url), /^http:\/\/\[::1\]:\d+$/);
  await simulator.close();
});

test('metadata never rejects, whatever is thrown where its options are read', async () => {
  const options = {
    get path() {
      throw Object.create(null);
    },
  };
  const { data, error } = await getEnvironmentMetadata(options);
  assert.equal(data, null);
  assert.ok(error instanceof Error);
});
