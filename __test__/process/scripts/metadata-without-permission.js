'use strict';

// Reads a metadata file that only its owner may read, as somebody else, and prints the result. argv: the file.

const { getEnvironmentMetadata } = require('../../..');

async function main() {
  // Everything is loaded before the rights go.
  await getEnvironmentMetadata({ path: '/nowhere' });
  if (process.getuid() === 0) {
    process.setgroups([]);
    process.setegid(65534);
    process.seteuid(65534);
  }
  const { data, error } = await getEnvironmentMetadata({ path: process.argv[2] });
  console.log(JSON.stringify({ data, code: error.code, isError: error instanceof Error }));
}

main();
