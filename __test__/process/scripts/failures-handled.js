'use strict';

// Makes calls fail in every way, handles each failure, and looks for others. argv: the socket's path.

const { getClient } = require('../../..');

let unhandled = 0;
process.on('unhandledRejection', (reason) => {
  unhandled += 1;
  console.error('unhandled', reason);
});
process.on('warning', (warning) => console.error('warning', warning));

const ignore = () => {};
const [, , socketPath] = process.argv;
const client = getClient({ socketPath, token: 'unused' });
const nowhere = getClient({ socketPath: `${socketPath}.none`, token: 'unused' });
const raw = { bodySerializer: (body) => body, duplex: 'half' };
const failing = () =>
  new ReadableStream({
    pull() {
      throw new Error('dry');
    },
  });
const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)) });
const refusing = () =>
  new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
    cancel() {
      throw new Error('not cancelled');
    },
  });

async function round() {
  const aborted = { signal: AbortSignal.abort() };
  const soon = () => ({ signal: AbortSignal.timeout(10) });
  const middleware = [{ onRequest: ignore, onResponse: ignore, onError: ignore }];
  await Promise.all(
    [
      nowhere.GET('/v1/ok'),
      nowhere.GET('/v1/ok', { middleware }),
      nowhere.POST('/v1/ok', { body: failing(), ...raw }),
      nowhere.POST('/v1/ok', { body: refusing(), ...raw }),
      client.GET('/v1/drop'),
      client.GET('/v1/half'),
      client.GET('/v1/half', { middleware }),
      client.GET('/v1/half', { parseAs: 'stream' }).then(({ response }) => response.text()),
      client.GET('/v1/half', { parseAs: 'stream' }),
      client.POST('/v1/drop', { body: endless(), ...raw }),
      client.POST('/v1/drop', { body: refusing(), ...raw }),
      client.POST('/v1/ok', { body: failing(), ...raw }),
      client.GET('/v1/ok', aborted),
      client.POST('/v1/ok', { body: endless(), ...raw, ...aborted }),
      client.GET('/v1/never', soon()),
      client.GET('/v1/never', { ...soon(), middleware }),
      client.POST('/v1/never', { body: refusing(), ...raw, ...soon() }),
      client.GET('/v1/ok', { headers: { 'x-a': 'b\r\nc' } }),
      client.GET('/v1/ok', { parseAs: 'nonsense' }),
    ].map((call) => call.catch(ignore)),
  );
}

async function main() {
  for (let i = 0; i < 20; i++) await round();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await client.close();
  if (unhandled === 0) console.log('no unhandled rejection');
}

main();
