'use strict';

// Makes many calls, sixteen at a time. argv: the socket's path.

const { getClient } = require('../../..');

async function main() {
  const client = getClient({ socketPath: process.argv[2], token: 'none' });
  let begun = 0;
  const worker = async () => {
    while (begun < 1500) {
      begun += 1;
      await client.GET('/');
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

main();
