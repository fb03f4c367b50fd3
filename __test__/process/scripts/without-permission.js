'use strict';

// Calls a socket that only its owner may open, as somebody else, and prints the error. argv: the socket's path.

const { getClient } = require('../../..');

const client = getClient({ socketPath: process.argv[2], token: 'unused' });
if (process.getuid() === 0) {
  process.setgroups([]);
  process.setegid(65534);
  process.seteuid(65534);
}
client.GET('/v1/environment').then(
  () => process.exit(1),
  (error) => {
    const { code, syscall, socketPath, method, path, message } = error;
    const isTypeError = error instanceof TypeError;
    console.log(
      JSON.stringify({ code, syscall, socketPath, method, path, message, isTypeError, causeCode: error.cause?.code }),
    );
  },
);
