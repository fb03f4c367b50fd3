'use strict';

// Calls of several kinds, good and bad. argv: the socket's path, the token.

const { getClient } = require('../../..');

const [, , socketPath, token] = process.argv;

async function main() {
  const client = getClient({ socketPath, token });
  await client.GET('/v1/environment');
  await client.POST('/v1/object-cache', { body: { a: 1 }, headers: { Authorization: token } });
  await client.GET('/v1/bad');
  await client.GET('/v1/environment', { parseAs: 'stream' }).then(({ response }) => response.text());
  client.use({ onRequest: () => undefined });
  await client.GET('/v1/environment');
  const nowhere = getClient({ socketPath: `${socketPath}.none`, token });
  await nowhere.GET('/v1/environment').catch((error) => console.log(error));
  await nowhere.GET('/v1/environment', { headers: { 'x-a': 'b\r\nc' } }).catch((error) => console.log(error));
  console.log(client, nowhere);
  await client.close();
}

main();
