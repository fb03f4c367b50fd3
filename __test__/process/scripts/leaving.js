'use strict';

// Ends the process with calls of all kinds in flight. argv: the socket's path, how to end.

const { getClient } = require('../../..');

const [, , socketPath, how] = process.argv;
const client = getClient({ socketPath, token: 'unused' });
const ENDINGS = {
  exit: () => process.exit(7),
  throw: () => setImmediate(() => JSON.parse('{')),
  reject: () => Promise.reject(new Error('not handled')),
  SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
  'exit-in-callback': () => client.GET('/v1/fast').then(() => process.exit(7)),
};

const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)) });
for (let i = 0; i < 20; i++) {
  client.GET('/v1/never');
  client.GET('/v1/never', { signal: new AbortController().signal, middleware: [{ onRequest: () => undefined }] });
}
client.POST('/v1/never', { body: endless, bodySerializer: (body) => body, duplex: 'half' });
client
  .GET('/v1/stream', { parseAs: 'stream' })
  .then(({ data }) => data.getReader().read())
  .then(() => ENDINGS[how]());
