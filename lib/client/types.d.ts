import type {
  ErrorContent,
  HttpMethod,
  IsBodyOptional,
  MediaType,
  Operation,
  OrUndefined,
  PathsWithMethod,
  RequestContent,
  RequiredKeysOf,
  SuccessContent,
} from '../operation-types.js';

// These types have the names of those of openapi-fetch 0.15 to 0.17, and a client can be used where one of openapi-fetch is
// expected. They are declared here so that the declaration files of programs refer to this package alone.

/**
 * Headers of a request, in any form that fetch accepts or as an object. `null` removes a header that is set otherwise.
 *
 * @example
 * ```ts
 * import { getClient, type HeadersOptions } from '@cycleplatform/internal-api-client';
 *
 * const headers: HeadersOptions = { 'x-request-id': 7, accept: null };
 * await getClient().GET('/v1/environment', { headers });
 * ```
 */
export type HeadersOptions =
  | NonNullable<RequestInit['headers']>
  | Record<string, string | number | boolean | (string | number | boolean)[] | null | undefined>;

/**
 * Makes the query of a URL, without its question mark.
 *
 * @example
 * ```ts
 * import type { operations, QuerySerializer } from '@cycleplatform/internal-api-client';
 *
 * const querySerializer: QuerySerializer<operations['getObjectCache']> = ({ scope, key }) => `scope=${scope}&key=${key}`;
 * ```
 */
export type QuerySerializer<Declared> = (
  query: Declared extends { parameters: { query?: infer Query } } ? NonNullable<Query> : Record<string, unknown>,
) => string;

/**
 * How arrays and objects are written in a query, as OpenAPI defines it.
 *
 * @example
 * ```ts
 * import { getClient, type QuerySerializerOptions } from '@cycleplatform/internal-api-client';
 *
 * const querySerializer: QuerySerializerOptions = { array: { style: 'form', explode: false } };
 * await getClient().GET('/v1/environment', { querySerializer });
 * ```
 */
export interface QuerySerializerOptions {
  /** Arrays. Default: `form`, exploded: `a=1&a=2`. */
  array?: { style: 'form' | 'spaceDelimited' | 'pipeDelimited'; explode: boolean } | undefined;
  /** Objects. Default: `deepObject`, exploded: `a[b]=1`. */
  object?: { style: 'form' | 'deepObject'; explode: boolean } | undefined;
  /** Whether reserved characters are not percent-encoded. Default false. */
  allowReserved?: boolean | undefined;
}

/**
 * Makes the body of a request from the `body` of a call.
 *
 * @example
 * ```ts
 * import type { BodySerializer, operations } from '@cycleplatform/internal-api-client';
 *
 * const bodySerializer: BodySerializer<operations['haCheckin']> = (body) => JSON.stringify(body, null, 2);
 * ```
 */
export type BodySerializer<Declared> = (
  body: [RequestContent<Declared>] extends [never] ? undefined : RequestContent<Declared>,
) => unknown;

/**
 * Puts the parameters of a path into it.
 *
 * @example
 * ```ts
 * import type { PathSerializer } from '@cycleplatform/internal-api-client';
 *
 * const pathSerializer: PathSerializer = (pathname, { id }) => pathname.replace('{id}', encodeURIComponent(String(id)));
 * ```
 */
export type PathSerializer = (pathname: string, pathParams: Record<string, unknown>) => string;

/**
 * The ways to read a body, and the type that each gives.
 *
 * @example
 * ```ts
 * import type { BodyTypes } from './types.js';
 *
 * const text: BodyTypes<unknown>['text'] = 'hello';
 * ```
 */
export interface BodyTypes<T> {
  json: T;
  text: string;
  blob: Awaited<ReturnType<Response['blob']>>;
  arrayBuffer: ArrayBuffer;
  stream: Response['body'];
}

/**
 * How the body of an answer is read.
 *
 * @example
 * ```ts
 * import type { ParseAs } from '@cycleplatform/internal-api-client';
 *
 * const parseAs: ParseAs = 'text';
 * ```
 */
export type ParseAs = keyof BodyTypes<unknown>;

/**
 * The type of `data` for the options of a call.
 *
 * @example
 * ```ts
 * import type { ParseAsResponse } from '@cycleplatform/internal-api-client';
 *
 * const text: ParseAsResponse<{ id: string }, { parseAs: 'text' }> = '{"id":"1"}';
 * ```
 */
export type ParseAsResponse<T, Options> = Options extends { parseAs: ParseAs } ? BodyTypes<T>[Options['parseAs']] : T;

/**
 * Parameters of an operation that declares none.
 *
 * @example
 * ```ts
 * import type { DefaultParamsOption } from '@cycleplatform/internal-api-client';
 *
 * const init: DefaultParamsOption = { params: { query: { page: 2 } } };
 * ```
 */
export interface DefaultParamsOption {
  params?: { query?: Record<string, unknown> | undefined } | undefined;
}

type Params<Places> = OrUndefined<{ [Place in keyof Places]: OrUndefined<Places[Place]> }>;

/**
 * The option `params` of a call: the parameters for path, query, headers and cookies.
 *
 * @example
 * ```ts
 * import type { operations, ParamsOption } from '@cycleplatform/internal-api-client';
 *
 * const { params }: ParamsOption<operations['getObjectCache']> = {
 *   params: { query: { scope: 'environment', key: 'greeting' } },
 * };
 * ```
 */
export type ParamsOption<Declared> = Declared extends { parameters: unknown }
  ? [RequiredKeysOf<Declared['parameters']>] extends [never]
    ? { params?: Params<Declared['parameters']> | undefined }
    : { params: Params<Declared['parameters']> }
  : DefaultParamsOption;

/**
 * The option `body` of a call, sent as JSON.
 *
 * @example
 * ```ts
 * import type { operations, RequestBodyOption } from '@cycleplatform/internal-api-client';
 *
 * const { body }: RequestBodyOption<operations['haCheckin']> = { body: { electable: true, priority: 1 } };
 * ```
 */
export type RequestBodyOption<Declared> = [RequestContent<Declared>] extends [never]
  ? { body?: undefined }
  : IsBodyOptional<Declared> extends true
    ? { body?: RequestContent<Declared> | undefined }
    : { body: RequestContent<Declared> };

/**
 * Options of a call beside those of fetch.
 *
 * @example
 * ```ts
 * import type { operations, RequestOptions } from '@cycleplatform/internal-api-client';
 *
 * const options: RequestOptions<operations['getEnvironment']> = { parseAs: 'text', headers: { accept: 'text/plain' } };
 * ```
 */
export type RequestOptions<Declared> = ParamsOption<Declared> &
  RequestBodyOption<Declared> & {
    /** The URL before the path. Default: `http://localhost`. */
    baseUrl?: string | undefined;
    /** Makes the query. Default: the rules of OpenAPI. */
    querySerializer?: QuerySerializer<Declared> | QuerySerializerOptions | undefined;
    /** Makes the body. Default: JSON. */
    bodySerializer?: BodySerializer<Declared> | undefined;
    /** Puts the parameters into the path. Default: each is percent-encoded. */
    pathSerializer?: PathSerializer | undefined;
    /** How the body of an answer with status 2xx is read. Default: `json`. */
    parseAs?: ParseAs | undefined;
    /** Sends the request in place of the client's own connections. */
    fetch?: ((input: Request) => Promise<Response>) | undefined;
    /** Further headers. */
    headers?: HeadersOptions | undefined;
    /** Middleware of this call, after that of the client. */
    middleware?: Middleware[] | undefined;
  };

/**
 * Options of a call: {@link RequestOptions} and those of fetch (`signal`, `redirect`, `integrity`, ...).
 *
 * @example
 * ```ts
 * import { type FetchOptions, getClient, type operations } from '@cycleplatform/internal-api-client';
 *
 * const options: FetchOptions<operations['getEnvironment']> = { signal: AbortSignal.timeout(1000) };
 * await getClient().GET('/v1/environment', options);
 * ```
 */
export type FetchOptions<Declared> = RequestOptions<Declared> & OrUndefined<Omit<RequestInit, 'body' | 'headers'>>;

/**
 * What a call resolves to: `data` for an answer with status 2xx, `error` for any other, `response` always.
 *
 * @example
 * ```ts
 * import type { FetchResponse, operations } from '@cycleplatform/internal-api-client';
 *
 * function show({ data, error }: FetchResponse<operations['getEnvironment'], object>) {
 *   console.log(data ? data.data.name : error);
 * }
 * ```
 */
export type FetchResponse<Declared, Options, Media extends MediaType = MediaType> =
  | { data: ParseAsResponse<SuccessContent<Declared, Media>, Options>; error?: never; response: Response }
  | { data?: never; error: ErrorContent<Declared, Media>; response: Response };

/**
 * The options of a call, combined with those of the client, as middleware gets them.
 *
 * @example
 * ```ts
 * import type { MergedOptions } from '@cycleplatform/internal-api-client';
 *
 * function baseOf({ baseUrl }: MergedOptions) {
 *   return baseUrl;
 * }
 * ```
 */
export interface MergedOptions<Declared = unknown> {
  baseUrl: string;
  parseAs: ParseAs;
  querySerializer: QuerySerializer<Declared>;
  bodySerializer: BodySerializer<Declared>;
  pathSerializer: PathSerializer;
  fetch: typeof globalThis.fetch;
}

/**
 * The `params` of a call, as middleware gets them.
 *
 * @example
 * ```ts
 * import type { MiddlewareRequestParams } from '@cycleplatform/internal-api-client';
 *
 * function keyOf({ query }: MiddlewareRequestParams) {
 *   return query?.key;
 * }
 * ```
 */
export interface MiddlewareRequestParams {
  query?: Record<string, unknown>;
  header?: Record<string, unknown>;
  path?: Record<string, unknown>;
  cookie?: Record<string, unknown>;
}

/**
 * The argument of middleware functions.
 *
 * @example
 * ```ts
 * import type { MiddlewareCallbackParams } from '@cycleplatform/internal-api-client';
 *
 * function show({ id, request, schemaPath }: MiddlewareCallbackParams) {
 *   console.log(id, request.method, schemaPath);
 * }
 * ```
 */
export interface MiddlewareCallbackParams {
  /** The request, as earlier middleware has left it. */
  request: Request;
  /** The path as declared, without its parameters filled in. */
  readonly schemaPath: string;
  readonly params: MiddlewareRequestParams;
  /** The same for all middleware of this call, and for no other call. */
  readonly id: string;
  readonly options: MergedOptions;
}

// biome-ignore lint/suspicious/noConfusingVoidType: what an async function without a return statement resolves to
type OrNothing<T> = T | undefined | void;

/**
 * Called before a request is sent. Returning a `Request` replaces it; a `Response` becomes the answer, and nothing is sent.
 *
 * @example
 * ```ts
 * import { getClient, type MiddlewareOnRequest } from '@cycleplatform/internal-api-client';
 *
 * const onRequest: MiddlewareOnRequest = ({ request }) => {
 *   request.headers.set('x-request-id', crypto.randomUUID());
 * };
 * getClient().use({ onRequest });
 * ```
 */
export type MiddlewareOnRequest = (
  options: MiddlewareCallbackParams,
) => OrNothing<Request | Response> | Promise<OrNothing<Request | Response>>;

/**
 * Called with an answer. Returning a `Response` replaces it.
 *
 * @example
 * ```ts
 * import { getClient, type MiddlewareOnResponse } from '@cycleplatform/internal-api-client';
 *
 * const onResponse: MiddlewareOnResponse = ({ request, response }) => {
 *   console.log(request.url, response.status);
 * };
 * getClient().use({ onResponse });
 * ```
 */
export type MiddlewareOnResponse = (
  options: MiddlewareCallbackParams & { response: Response },
) => OrNothing<Response> | Promise<OrNothing<Response>>;

/**
 * Called when a call failed without an answer. Returning an `Error` replaces the error; a `Response` becomes the answer.
 *
 * @example
 * ```ts
 * import { getClient, type MiddlewareOnError } from '@cycleplatform/internal-api-client';
 *
 * const onError: MiddlewareOnError = ({ error, schemaPath }) => new Error(`${schemaPath} failed`, { cause: error });
 * getClient().use({ onError });
 * ```
 */
export type MiddlewareOnError = (
  options: MiddlewareCallbackParams & { error: unknown },
) => OrNothing<Response | Error> | Promise<OrNothing<Response | Error>>;

/**
 * Functions that see every request, answer and failure; at least one of the three.
 *
 * @example
 * ```ts
 * import { getClient, type Middleware } from '@cycleplatform/internal-api-client';
 *
 * const log: Middleware = {
 *   onRequest: ({ request }) => console.log(request.method, request.url),
 * };
 * getClient().use(log);
 * ```
 */
export type Middleware =
  | { onRequest: MiddlewareOnRequest; onResponse?: MiddlewareOnResponse; onError?: MiddlewareOnError }
  | { onRequest?: MiddlewareOnRequest; onResponse: MiddlewareOnResponse; onError?: MiddlewareOnError }
  | { onRequest?: MiddlewareOnRequest; onResponse?: MiddlewareOnResponse; onError: MiddlewareOnError };

/**
 * The options of a call; they are optional when none of them is required.
 *
 * @example
 * ```ts
 * import type { MaybeOptionalInit, paths } from '@cycleplatform/internal-api-client';
 *
 * const init: MaybeOptionalInit<paths['/v1/environment'], 'get'> = { parseAs: 'json' };
 * ```
 */
export type MaybeOptionalInit<PathItem, Method> = [RequiredKeysOf<FetchOptions<Operation<PathItem, Method>>>] extends [
  never,
]
  ? FetchOptions<Operation<PathItem, Method>> | undefined
  : FetchOptions<Operation<PathItem, Method>>;

/**
 * The last argument of a call. Keys that are not options are allowed, for the program's own middleware and serializers.
 *
 * @example
 * ```ts
 * import type { FetchOptions, InitParam, operations } from '@cycleplatform/internal-api-client';
 *
 * function show(...[init]: InitParam<FetchOptions<operations['getEnvironment']>>) {
 *   console.log(init?.parseAs);
 * }
 * ```
 */
export type InitParam<Init> = [RequiredKeysOf<Init>] extends [never]
  ? [init?: (Init & { [key: string]: unknown }) | undefined]
  : [init: Init & { [key: string]: unknown }];

// biome-ignore lint/suspicious/noExplicitAny: `unknown` is not comparable with everything in both directions
type Any = any;

/**
 * One method of a client.
 *
 * Its first signature fits no call. It exists because TypeScript compares overloaded functions with their type parameters
 * taken as `any`, so that the client is compatible with that of openapi-fetch. With one signature it would compare
 * conditional types that are not resolved, and find them different.
 *
 * @example
 * ```ts
 * import { type ClientMethod, getClient, type paths } from '@cycleplatform/internal-api-client';
 *
 * const get: ClientMethod<paths, 'get'> = getClient().GET;
 * const { data } = await get('/v1/environment');
 * ```
 */
export interface ClientMethod<Paths extends object, Method extends HttpMethod, Media extends MediaType = MediaType> {
  (this: never, path: Any, init: Any, nothing: Any): Any;
  <Path extends PathsWithMethod<Paths, Method>, Init extends MaybeOptionalInit<Paths[Path], Method>>(
    path: Path,
    ...init: InitParam<Init>
  ): Promise<FetchResponse<Operation<Paths[Path], Method>, Init, Media>>;
}

/**
 * `request` of a client, with two signatures like {@link ClientMethod}.
 *
 * @example
 * ```ts
 * import { type ClientRequestMethod, getClient, type paths } from '@cycleplatform/internal-api-client';
 *
 * const request: ClientRequestMethod<paths> = getClient().request;
 * const { data } = await request('get', '/v1/environment');
 * ```
 */
export interface ClientRequestMethod<Paths extends object, Media extends MediaType = MediaType> {
  (this: never, method: Any, path: Any, init: Any, nothing: Any): Any;
  <
    Method extends HttpMethod,
    Path extends PathsWithMethod<Paths, Method>,
    Init extends MaybeOptionalInit<Paths[Path], Method>,
  >(
    method: Method,
    path: Path,
    ...init: InitParam<Init>
  ): Promise<FetchResponse<Operation<Paths[Path], Method>, Init, Media>>;
}

/**
 * A client of the API that `Paths` declares, compatible with that of openapi-fetch.
 *
 * @example
 * ```ts
 * import type { Client, paths } from '@cycleplatform/internal-api-client';
 *
 * async function nameOf(client: Client<paths>) {
 *   const { data } = await client.GET('/v1/environment');
 *   return data?.data.name;
 * }
 * ```
 */
export interface Client<Paths extends object, Media extends MediaType = MediaType> {
  /** Calls an endpoint by the name of its method, in lower case. */
  request: ClientRequestMethod<Paths, Media>;
  /** Calls a GET endpoint. */
  GET: ClientMethod<Paths, 'get', Media>;
  /** Calls a PUT endpoint. */
  PUT: ClientMethod<Paths, 'put', Media>;
  /** Calls a POST endpoint. */
  POST: ClientMethod<Paths, 'post', Media>;
  /** Calls a DELETE endpoint. */
  DELETE: ClientMethod<Paths, 'delete', Media>;
  /** Calls an OPTIONS endpoint. */
  OPTIONS: ClientMethod<Paths, 'options', Media>;
  /** Calls a HEAD endpoint. */
  HEAD: ClientMethod<Paths, 'head', Media>;
  /** Calls a PATCH endpoint. */
  PATCH: ClientMethod<Paths, 'patch', Media>;
  /** Calls a TRACE endpoint. */
  TRACE: ClientMethod<Paths, 'trace', Media>;
  /** Adds middleware for the calls that follow. Answers pass it in the reverse order. */
  use(...middleware: Middleware[]): void;
  /** Removes middleware. */
  eject(...middleware: Middleware[]): void;
}

/**
 * The paths of a client that have a method.
 *
 * @example
 * ```ts
 * import type { ClientPathsWithMethod, InternalApiClient } from '@cycleplatform/internal-api-client';
 *
 * const path: ClientPathsWithMethod<InternalApiClient, 'post'> = '/v1/object-cache';
 * ```
 */
export type ClientPathsWithMethod<CreatedClient extends Client<Any, Any>, Method extends HttpMethod> =
  CreatedClient extends Client<infer Paths, infer _Media> ? PathsWithMethod<Paths, Method> : never;

/**
 * The `data` that a call of a client resolves to when it succeeds.
 *
 * @example
 * ```ts
 * import type { InternalApiClient, MethodResponse } from '@cycleplatform/internal-api-client';
 *
 * function show(environment: MethodResponse<InternalApiClient, 'get', '/v1/environment'>) {
 *   console.log(environment.data.name);
 * }
 * ```
 */
export type MethodResponse<
  CreatedClient extends Client<Any, Any>,
  Method extends HttpMethod,
  Path extends ClientPathsWithMethod<CreatedClient, Method>,
  Options = Record<never, never>,
> =
  CreatedClient extends Client<infer Paths, infer Media>
    ? NonNullable<FetchResponse<Operation<Paths[Path & keyof Paths], Method>, Options, Media>['data']>
    : never;
