// A program as users write it. It is only type-checked, by client.test.mjs: an error that is expected and does not come is
// an error as well.

import type {
  ClientOptions,
  components,
  EnvironmentMetadata,
  EnvironmentMetadataResult,
  ErrorEnvelope,
  InternalApiClient,
  InvalidJsonError,
  MissingTokenError,
  operations,
  paths,
  Result,
  TransportError,
} from '@cycleplatform/internal-api-client';
import { getClient, getEnvironmentMetadata } from '@cycleplatform/internal-api-client';
import type { Client, Middleware } from 'openapi-fetch';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function equal<A, B>(holds: Equal<A, B>): void;

type Schemas = components['schemas'];

export async function calls(client: InternalApiClient): Promise<string> {
  const { data, error, response } = await client.GET('/v1/environment');
  equal<typeof response, Response>(true);
  if (error) {
    equal<typeof data, undefined>(true);
    equal<typeof error.error.code, ErrorEnvelope['error']['code']>(true);
    return error.error.title ?? '';
  }
  const environment: Schemas['Environment'] = data.data;
  equal<typeof data.data.id, string>(true);

  await client.GET('/v1/object-cache', { params: { query: { scope: 'environment', key: 'k' } } });
  // @ts-expect-error the query is required
  await client.GET('/v1/object-cache');
  // @ts-expect-error so is each of its required parameters
  await client.GET('/v1/object-cache', { params: { query: { scope: 'environment' } } });
  // @ts-expect-error a scope that there is not
  await client.GET('/v1/object-cache', { params: { query: { scope: 'planet', key: 'k' } } });
  // @ts-expect-error a path that there is not
  await client.GET('/v1/nothing');
  // @ts-expect-error a method that the path has not
  await client.DELETE('/v1/environment');
  // @ts-expect-error the body is required
  await client.POST('/v1/object-cache');
  // @ts-expect-error and of a declared shape
  await client.POST('/v1/object-cache', { body: { key: 7 } });

  const text = await client.GET('/v1/environment', { parseAs: 'text' });
  equal<typeof text.data, string | undefined>(true);
  const stream = await client.GET('/v1/environment', { parseAs: 'stream' });
  const body: ReadableStream<Uint8Array> | null | undefined = stream.data;

  const requested = await client.request('get', '/v1/hub');
  const hub: Schemas['PublicHub'] | undefined = requested.data?.data;

  await client.GET('/v1/environment', {
    signal: AbortSignal.timeout(1000),
    redirect: 'manual',
    headers: { 'x-own': 'yes', 'x-none': null },
    baseUrl: 'http://localhost',
  });
  return `${environment.id} ${hub?.id} ${body}`;
}

export async function lifeOfAClient(options: ClientOptions): Promise<void> {
  const client = getClient(options);
  const upstream: Client<paths> = client;
  const middleware: Middleware = {
    onRequest: ({ request }) => request,
    onResponse: ({ response }) => response,
    onError: ({ error }) => (error instanceof Error ? error : undefined),
  };
  upstream.use(middleware);
  client.eject(middleware);
  equal<ReturnType<typeof client.close>, Promise<void>>(true);
  await client[Symbol.asyncDispose]();

  getClient();
  getClient({});
  getClient({ token: 't', socketPath: '/s', timeoutMs: 1, retry: 2, maxConnections: 3, maxResponseBytes: 4 });
  getClient({ retry: { retries: 3, baseDelayMs: 10, maxDelayMs: 100 } });
  // @ts-expect-error an option that there is not
  getClient({ sockettPath: '/s' });
  // @ts-expect-error a token is a text
  getClient({ token: 7 });
}

export function types(): void {
  equal<Result<'/v1/environment'>['data'], Schemas['Environment']>(true);
  equal<Result<'/v1/object-cache', 'get'>['data'], Schemas['ObjectCacheSave']>(true);
  equal<operations['getEnvironment'], paths['/v1/environment']['get']>(true);
}

export function failures(error: TransportError | InvalidJsonError | MissingTokenError): string {
  if (error instanceof TypeError) {
    const { code, method, path, socketPath, syscall, cause } = error;
    equal<typeof syscall, string | undefined>(true);
    return [code, method, path, socketPath, cause.message].join();
  }
  return error.code;
}

export async function metadata(): Promise<string> {
  const result: EnvironmentMetadataResult = await getEnvironmentMetadata({ path: '/p', validate: true });
  if (result.error) {
    equal<typeof result.data, null>(true);
    return result.error.code ?? result.error.message;
  }
  const known: EnvironmentMetadata = result.data;
  equal<typeof known.private_network.vxlan_tag, number>(true);
  // @ts-expect-error a field that there is not
  known.nothing;
  return known.deployments?.tags.live ?? known.id;
}
