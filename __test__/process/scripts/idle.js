'use strict';

// Uses a client, does not close it, and comes to the end of the script. argv: the socket's path, what to do.

const { getClient } = require('../../..');

const [, , socketPath, ending] = process.argv;
const ENDINGS = {
  'no-call': () => {},
  'after-calls': (client) => Promise.all(Array.from({ length: 10 }, () => client.GET('/v1/environment'))),
  async 'after-close'(client) {
    await client.GET('/v1/environment');
    await client.close();
  },
  'after-failure': () =>
    getClient({ socketPath: `${socketPath}.none`, token: 'unused' })
      .GET('/v1/environment')
      .catch(() => {}),
  async 'after-abort'(client) {
    const controller = new AbortController();
    const call = client.GET('/v1/environment', { signal: controller.signal }).catch(() => {});
    controller.abort();
    await call;
  },
  async 'after-stream'(client) {
    const { data } = await client.GET('/v1/environment', { parseAs: 'stream' });
    await new Response(data).text();
  },
  async 'after-middleware'(client) {
    client.use({ onRequest: () => undefined });
    await client.GET('/v1/environment');
  },
};

async function main() {
  globalThis.kept = getClient({ socketPath, token: 'unused', timeoutMs: 3_600_000 });
  await ENDINGS[ending](globalThis.kept);
  console.log('end of script');
}

main();
