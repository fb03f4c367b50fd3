'use strict';

// Waits for one answer and nothing else, then prints it. argv: the socket's path, the kind of call.

const { getClient } = require('../../..');

const [, , socketPath, kind] = process.argv;
const client = getClient({ socketPath, token: 'unused' });
const KINDS = {
  plain: () => client.GET('/v1/environment'),
  middleware: () => client.GET('/v1/environment', { middleware: [{ onRequest: () => undefined }] }),
  async stream() {
    const { response } = await client.GET('/v1/environment', { parseAs: 'stream' });
    return { data: await response.json() };
  },
  upload: () =>
    client.POST('/v1/object-cache', { body: new Blob(['x']).stream(), bodySerializer: (body) => body, duplex: 'half' }),
};
KINDS[kind]().then(({ data }) => console.log(JSON.stringify(data)));
