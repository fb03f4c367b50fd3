// Types that read the declaration of an operation, as openapi-typescript generates it.

/**
 * The methods that an API can declare, as in `paths`.
 *
 * @example
 * ```ts
 * import type { HttpMethod } from './operation-types.js';
 *
 * const method: HttpMethod = 'get';
 * ```
 */
export type HttpMethod = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch' | 'trace';

/**
 * A media type such as `application/json`.
 *
 * @example
 * ```ts
 * import type { MediaType } from './operation-types.js';
 *
 * const media: MediaType = 'application/json';
 * ```
 */
export type MediaType = `${string}/${string}`;

/**
 * The paths that have a method.
 *
 * @example
 * ```ts
 * import type { paths } from '@cycleplatform/internal-api-client';
 * import type { PathsWithMethod } from './operation-types.js';
 *
 * const path: PathsWithMethod<paths, 'post'> = '/v1/object-cache';
 * ```
 */
export type PathsWithMethod<Paths extends object, Method extends HttpMethod> = {
  [Path in keyof Paths]: Paths[Path] extends { [Key in Method]: unknown } ? Path : never;
}[keyof Paths];

/**
 * The operation that a path declares for a method.
 *
 * @example
 * ```ts
 * import type { operations, paths } from '@cycleplatform/internal-api-client';
 * import type { Operation } from './operation-types.js';
 *
 * const declared: Operation<paths['/v1/environment'], 'get'> extends operations['getEnvironment'] ? true : false = true;
 * ```
 */
export type Operation<PathItem, Method> = PathItem[keyof PathItem & Method];

/**
 * The keys that an object of a type must have.
 *
 * @example
 * ```ts
 * import type { RequiredKeysOf } from './operation-types.js';
 *
 * const key: RequiredKeysOf<{ id: string; label?: string }> = 'id';
 * ```
 */
export type RequiredKeysOf<T> = {
  [Key in keyof T]-?: Record<never, never> extends Pick<T, Key> ? never : Key;
}[keyof T];

/**
 * The same type, whose optional properties can be undefined too, also with `exactOptionalPropertyTypes`.
 *
 * @example
 * ```ts
 * import type { OrUndefined } from './operation-types.js';
 *
 * const named: OrUndefined<{ label?: string }> = { label: undefined };
 * ```
 */
export type OrUndefined<T> = {
  [Key in keyof T]: Record<never, never> extends Pick<T, Key> ? T[Key] | undefined : T[Key];
};

type Chosen<Content, Media> = [keyof Content & Media] extends [never] ? Content : Content[keyof Content & Media];

/**
 * The type of a body of an answer or request, in one of the media types; undefined without a body.
 *
 * @example
 * ```ts
 * import type { ContentOf } from './operation-types.js';
 *
 * const text: ContentOf<{ content: { 'text/plain': string } }> = 'hello';
 * ```
 */
export type ContentOf<Declared, Media extends MediaType = MediaType> = Declared extends { content: infer Content }
  ? Chosen<Content, Media>
  : undefined;

type IsError<Status> = Status extends number | string
  ? `${Status}` extends 'default' | `4${string}` | `5${string}`
    ? true
    : false
  : false;

type IsSuccess<Status> = Status extends number | string ? (`${Status}` extends `2${string}` ? true : false) : false;

/**
 * The type of the body of an answer with status 2xx.
 *
 * @example
 * ```ts
 * import type { operations } from '@cycleplatform/internal-api-client';
 * import type { SuccessContent } from './operation-types.js';
 *
 * function show(answer: SuccessContent<operations['getEnvironment']>) {
 *   console.log(answer.data.name);
 * }
 * ```
 */
export type SuccessContent<Declared, Media extends MediaType = MediaType> = Declared extends {
  responses: infer Responses;
}
  ? {
      [Status in keyof Responses]: IsSuccess<Status> extends true ? ContentOf<Responses[Status], Media> : never;
    }[keyof Responses]
  : unknown;

/**
 * The type of the body of any other answer.
 *
 * @example
 * ```ts
 * import type { operations } from '@cycleplatform/internal-api-client';
 * import type { ErrorContent } from './operation-types.js';
 *
 * function show(answer: ErrorContent<operations['getEnvironment']>) {
 *   console.log(answer.error.title);
 * }
 * ```
 */
export type ErrorContent<Declared, Media extends MediaType = MediaType> = Declared extends {
  responses: infer Responses;
}
  ? {
      [Status in keyof Responses]: IsError<Status> extends true ? ContentOf<Responses[Status], Media> : never;
    }[keyof Responses]
  : unknown;

/**
 * The type of the body of a request; `never` when the operation has none.
 *
 * @example
 * ```ts
 * import type { operations } from '@cycleplatform/internal-api-client';
 * import type { RequestContent } from './operation-types.js';
 *
 * const body: RequestContent<operations['haCheckin']> = { electable: true, priority: 1 };
 * ```
 */
export type RequestContent<Declared> = Declared extends { requestBody?: infer Body }
  ? [NonNullable<Body>] extends [never]
    ? never
    : ContentOf<NonNullable<Body>>
  : never;

/**
 * Whether the body of a call is optional.
 *
 * @example
 * ```ts
 * import type { operations } from '@cycleplatform/internal-api-client';
 * import type { IsBodyOptional } from './operation-types.js';
 *
 * const optional: IsBodyOptional<operations['haCheckin']> = false;
 * ```
 */
export type IsBodyOptional<Declared> = Declared extends { requestBody: unknown } ? false : true;
