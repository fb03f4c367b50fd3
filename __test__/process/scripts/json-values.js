'use strict';

// Gets every text that a peer has, and compares its value with that of JSON.parse.

const assert = require('node:assert/strict');
const { getClient } = require('../../..');
const { valid } = require('../../peers/json-texts.js');

async function main() {
  const client = getClient({ socketPath: process.argv[2], token: 'none' });
  await client.GET('/0');
  for (let round = 0; round < 10; round += 1) {
    for (const [number, text] of valid.entries()) {
      const { data } = await client.GET(`/${number + 1}`);
      assert.deepStrictEqual(data, JSON.parse(text));
      assert.equal(JSON.stringify(data), JSON.stringify(JSON.parse(text)));
    }
  }
}

main();
