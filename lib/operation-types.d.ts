// What the declaration of an operation, as openapi-typescript writes it, says about a call.

/** The methods that an API can declare, as `paths` has them. */
export type HttpMethod = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch' | 'trace';

/** A media type such as `application/json`. */
export type MediaType = `${string}/${string}`;

/** The paths that have a method. */
export type PathsWithMethod<Paths extends object, Method extends HttpMethod> = {
  [Path in keyof Paths]: Paths[Path] extends { [Key in Method]: unknown } ? Path : never;
}[keyof Paths];

/** What a path declares for a method. */
export type Operation<PathItem, Method> = PathItem[keyof PathItem & Method];

/** The keys that an object of a type must have. */
export type RequiredKeysOf<T> = {
  [Key in keyof T]-?: Record<never, never> extends Pick<T, Key> ? never : Key;
}[keyof T];

/** The same type, whose optional properties may also be given as undefined under `exactOptionalPropertyTypes`. */
export type OrUndefined<T> = {
  [Key in keyof T]: Record<never, never> extends Pick<T, Key> ? T[Key] | undefined : T[Key];
};

type Chosen<Content, Media> = [keyof Content & Media] extends [never] ? Content : Content[keyof Content & Media];

/** What the body of an answer or of a request holds, in one of the media types; undefined without a body. */
export type ContentOf<Declared, Media extends MediaType = MediaType> = Declared extends { content: infer Content }
  ? Chosen<Content, Media>
  : undefined;

type IsError<Status> = Status extends number | string
  ? `${Status}` extends 'default' | `4${string}` | `5${string}`
    ? true
    : false
  : false;

type IsSuccess<Status> = Status extends number | string ? (`${Status}` extends `2${string}` ? true : false) : false;

/** What an answer with status 2xx holds. */
export type SuccessContent<Declared, Media extends MediaType = MediaType> = Declared extends {
  responses: infer Responses;
}
  ? {
      [Status in keyof Responses]: IsSuccess<Status> extends true ? ContentOf<Responses[Status], Media> : never;
    }[keyof Responses]
  : unknown;

/** What any other answer holds. */
export type ErrorContent<Declared, Media extends MediaType = MediaType> = Declared extends {
  responses: infer Responses;
}
  ? {
      [Status in keyof Responses]: IsError<Status> extends true ? ContentOf<Responses[Status], Media> : never;
    }[keyof Responses]
  : unknown;

/** What the body of a request holds; `never` when the operation has none. */
export type RequestContent<Declared> = Declared extends { requestBody?: infer Body }
  ? [NonNullable<Body>] extends [never]
    ? never
    : ContentOf<NonNullable<Body>>
  : never;

/** Whether a call may leave the body of its request out. */
export type IsBodyOptional<Declared> = Declared extends { requestBody: unknown } ? false : true;
