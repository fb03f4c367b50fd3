'use strict';

/**
 * What every runtime does with the package, and what came of it as plain data.
 *
 * @param {typeof import('@cycleplatform/internal-api-client')} api
 * @param {string} socketPath
 * @param {string} metadataPath
 */
async function scenario({ getClient, getEnvironmentMetadata }, socketPath, metadataPath) {
  const client = getClient({ socketPath, token: 'interop' });
  const seen = {};

  const plain = await client.GET('/v1/container', { params: { query: { 'container-id': 'a b' } } });
  seen.plain = plain.data;
  seen.response = [plain.response instanceof Response, plain.response.status, plain.response.headers.get('x-peer')];

  seen.posted = (await client.POST('/v1/object-cache', { body: { text: 'größe 😀' } })).data;
  seen.failed = (await client.GET('/v1/missing')).error;
  seen.empty = (await client.DELETE('/v1/empty')).response.status;

  const middleware = [
    {
      onRequest: ({ request }) => void request.headers.set('x-hook', 'yes'),
      onResponse: ({ response }) => response,
    },
  ];
  seen.hooked = (await client.GET('/v1/environment', { middleware })).data;

  const streamed = await client.GET('/v1/large', { parseAs: 'stream' });
  seen.streamed = 0;
  const reader = streamed.data.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) seen.streamed += part.value.byteLength;

  const body = new Blob(['streamed up']).stream();
  seen.uploaded = (
    await client.POST('/v1/object-cache', { body, bodySerializer: (same) => same, duplex: 'half' })
  ).data;

  const controller = new AbortController();
  const waiting = client.GET('/v1/never', { signal: controller.signal }).catch(({ name }) => name);
  setTimeout(() => controller.abort(), 20);
  seen.aborted = await waiting;

  const hasty = getClient({ socketPath, token: 'interop', timeoutMs: 50 });
  seen.timeout = await hasty.GET('/v1/never').catch(({ name, code }) => [name, code]);

  const nowhere = getClient({ socketPath: `${socketPath}.none`, token: 'interop' });
  seen.nowhere = await nowhere
    .GET('/v1/environment')
    .catch((error) => [error instanceof TypeError, error.code, error.syscall]);

  const many = await Promise.all(Array.from({ length: 100 }, (_, i) => client.GET(`/v1/many/${i}`)));
  seen.many = many.every(({ data }, i) => data.url === `/v1/many/${i}`);

  const metadata = await getEnvironmentMetadata({ path: metadataPath });
  seen.metadata = metadata.data;
  seen.noMetadata = (await getEnvironmentMetadata({ path: `${metadataPath}.none` })).error.code;

  await client.close();
  seen.closed = await client.GET('/v1/environment').catch(({ code }) => code);
  return seen;
}

module.exports = { scenario };
