import type { BinderProtocol } from './generated/binder-protocol.js';
import type { CycleCommands } from './generated/cycle-protocol.js';

// biome-ignore lint/complexity/noUselessEmptyExport: without it, whatever is declared here would be exported.
export {};

/**
 * The type of a param or of a field: a constructor of JavaScript or its name.
 *
 * @example
 * ```ts
 * import type { Type } from '@cycleplatform/internal-api-client/protocol';
 *
 * const types: Type[] = [String, Date, 'Number'];
 * ```
 */
export type Type =
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | DateConstructor
  | JSON
  | 'String'
  | 'Number'
  | 'Boolean'
  | 'Date'
  | 'JSON';

/**
 * The shape of a body: a type, a map of shapes, an array of one shape, or `"#name"` of `global.response.shapes`.
 *
 * @example
 * ```ts
 * import type { ShapeDeclaration } from '@cycleplatform/internal-api-client/protocol';
 *
 * const note: ShapeDeclaration = { id: Number, text: String, 'tags?': [String] };
 * ```
 */
export type ShapeDeclaration =
  | Type
  | `#${string}`
  | readonly [ShapeDeclaration]
  /** A key that ends in `?` may be absent or null. The key `*` alone stands for any key. */
  | { readonly [field: string]: ShapeDeclaration };

/**
 * A param of an endpoint, or of every call.
 *
 * @example
 * ```ts
 * import type { ParamDeclaration } from '@cycleplatform/internal-api-client/protocol';
 *
 * const id: ParamDeclaration = { type: Number, description: 'Which note', example: 7 };
 * ```
 */
export interface ParamDeclaration {
  /** Its type. A `Date` is given as a `Date` or as ISO 8601 text and sent as text. `JSON` is any value that JSON can hold. */
  readonly type: Type;
  /** What it is, in a line; the help of the command line shows it. */
  readonly description?: string | undefined;
  /** Whether calls must give it. Default: true, and false with a `default`. */
  readonly required?: boolean | undefined;
  /** The only values it may have. */
  readonly values?: readonly (string | number)[] | undefined;
  /** The value when a call gives none. */
  readonly default?: unknown | undefined;
  /** The environment variable that gives it when a call does not. Only for `global.params`. */
  readonly env?: string | undefined;
  /** Whether its value must not appear in messages. Default: false. */
  readonly secret?: boolean | undefined;
  /** A value for the examples in the help of the command line. */
  readonly example?: unknown | undefined;
}

/**
 * An error that a call may end with.
 *
 * @example
 * ```ts
 * import type { ErrorDeclaration } from '@cycleplatform/internal-api-client/protocol';
 *
 * const noNote: ErrorDeclaration = { status: 404, msg: 'There is no note {id}' };
 * ```
 */
export interface ErrorDeclaration {
  /** The status of answers that mean it. Absent for errors without an answer. */
  readonly status?: number | undefined;
  /**
   * What happened. `{name}` stands for a param of the call, or for `error` (the server's words or the reason), `name`
   * (what is to blame), `host`, `port`, `status`; `{{` and `}}` for braces.
   */
  readonly msg: string;
  /** What to do about it; with fields as in `msg`. */
  readonly suggestions?: readonly string[] | undefined;
  /**
   * The types in an answer's body that mean it: exact, or `prefix*`, or `*` for any answer with its status.
   * Default: the name of the error.
   */
  readonly code?: string | readonly string[] | undefined;
}

/**
 * One operation of an API.
 *
 * @example
 * ```ts
 * import type { EndpointDeclaration } from '@cycleplatform/internal-api-client/protocol';
 *
 * const get: EndpointDeclaration = {
 *   path: '/notes/{id}',
 *   params: { id: { type: Number } },
 *   description: 'Show one note',
 *   request: { method: 'GET' },
 * };
 * ```
 */
export interface EndpointDeclaration {
  /** The path, with `{param}` where params go; each is percent-encoded. An optional param may only be the last segment. */
  readonly path: string;
  /** Its params by name. What is neither in the path nor in the body goes into the query. Default: none. */
  readonly params?: { readonly [name: string]: ParamDeclaration } | undefined;
  /** What it does, in a line. */
  readonly description: string;
  /** Shown when a request is sent; `{name}` stands for a param. Default: the description. */
  readonly msg?: string | undefined;
  readonly request: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
    /** Whether the credential is sent. Default: false. */
    readonly authorized?: boolean | undefined;
    /** The params that make the fields of the JSON body, or the one param that is the body. Default: no body. */
    readonly body?: readonly string[] | string | undefined;
    /** The params that are user name and password of HTTP's basic authentication. */
    readonly basic?: readonly [string, string] | undefined;
  };
  readonly response?:
    | {
        /** The shape that answers are checked against. Default: anything goes. */
        readonly body?: ShapeDeclaration | undefined;
        /** Its errors by name, beside those of `global.response.error`. */
        readonly error?: { readonly [name: string]: ErrorDeclaration } | undefined;
        readonly success?:
          | {
              /** The status of success, or `2xx` for any from 200 to 299. Default: 200. */
              readonly status?: number | '2xx' | undefined;
              /** Shown with the results, which `{results}` stands for. Default: `{results}`. */
              readonly msg?: string | undefined;
            }
          | undefined;
        /** Parts of the results that the command line hides: keys from the top, `*` for any one, `**` for any number. */
        readonly secret?: readonly string[] | undefined;
      }
    | undefined;
}

/**
 * What holds for every endpoint.
 *
 * @example
 * ```ts
 * import type { GlobalDeclaration } from '@cycleplatform/internal-api-client/protocol';
 *
 * const global: GlobalDeclaration = { name: 'notes', response: { shapes: { Note: { id: Number, text: String } } } };
 * ```
 */
export interface GlobalDeclaration {
  /** The name of the API. */
  readonly name?: string | undefined;
  /** What the API is, in a line. */
  readonly description?: string | undefined;
  /**
   * Options of every call. `host`, `port`, `socket-path` and the credential are there without being declared; any
   * other goes into every request.
   */
  readonly params?: { readonly [name: string]: ParamDeclaration } | undefined;
  readonly request?:
    | {
        /** Which param is the credential and which header carries it. Default: `api-key` in `authorization`. */
        readonly credential?: { readonly param: string; readonly header: string } | undefined;
      }
    | undefined;
  readonly response?:
    | {
        /**
         * Errors of every call. `unauthorized`, `malformedRequest`, `badResponse`, `timeout`, `refused` and `generic` are
         * there without being declared.
         */
        readonly error?: { readonly [name: string]: ErrorDeclaration } | undefined;
        /** Where the body of an error holds what, as dotted keys. Default: `{ type: "type", error: "error" }`. */
        readonly fields?: { readonly [field: string]: string } | undefined;
        /** The key of a body that holds the results. Default: the body is the results. */
        readonly results?: string | undefined;
        /** Shapes that bodies refer to as `"#name"`. */
        readonly shapes?: { readonly [name: string]: ShapeDeclaration } | undefined;
      }
    | undefined;
}

/**
 * Endpoints by name.
 *
 * @example
 * ```ts
 * import type { GroupDeclaration } from '@cycleplatform/internal-api-client/protocol';
 *
 * const notes: GroupDeclaration = {
 *   list: { path: '/notes/', description: 'Show all notes', request: { method: 'GET' } },
 * };
 * ```
 */
export interface GroupDeclaration {
  readonly [endpoint: string]: EndpointDeclaration;
}

/**
 * An API as data: groups of endpoints, and `global` for what they share.
 *
 * @example
 * ```ts
 * import type { ProtocolDeclaration } from '@cycleplatform/internal-api-client/protocol';
 *
 * const declaration: ProtocolDeclaration = {
 *   notes: { list: { path: '/notes/', description: 'Show all notes', request: { method: 'GET' } } },
 * };
 * ```
 */
export type ProtocolDeclaration<P = { readonly [group: string]: unknown }> = {
  readonly [Group in keyof P]: Group extends 'global'
    ? GlobalDeclaration & NoOther<P[Group], GlobalDeclaration>
    : CheckedGroup<P[Group]>;
};

type CheckedGroup<G> = { readonly [Name in keyof G]: EndpointDeclaration & NoOther<G[Name], EndpointDeclaration> };

/** Keys whose values are checked as a whole: types, shapes of bodies, and values of any kind. */
type WholeKey = 'type' | 'default' | 'example' | 'values' | 'body' | 'shapes';

/**
 * No keys but those that are known, at every level. TypeScript looks for others only where a type is not inferred, and a
 * declaration's is: its client has its types.
 */
type NoOther<T, Known> = T extends readonly unknown[] | ((...values: never[]) => unknown)
  ? unknown
  : T extends object
    ? { readonly [Key in keyof T]: NoOtherAt<Key, T[Key], Known> }
    : unknown;

type NoOtherAt<Key, Value, Known> = string extends keyof Known
  ? NoOther<Value, NonNullable<Known[keyof Known]>>
  : Key extends keyof Known
    ? Key extends WholeKey
      ? unknown
      : NoOther<Value, NonNullable<Known[Key]>>
    : `There is no key "${Key & string}" here`;

/**
 * Options of one call, beside its params.
 *
 * @example
 * ```ts
 * import { type CallOptions, createProtocolClient, cycleProtocol } from '@cycleplatform/internal-api-client/protocol';
 *
 * const options: CallOptions = { timeoutMs: 1000 };
 * const client = createProtocolClient(cycleProtocol);
 * await client.environment.get({}, options);
 * ```
 */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Limit on this call in milliseconds; 0 for none. Default: that of the client. */
  timeoutMs?: number | undefined;
}

/**
 * Says for one call where the server is or which credential it gets.
 *
 * @example
 * ```ts
 * import type { ConnectionParams } from '@cycleplatform/internal-api-client/protocol';
 *
 * const elsewhere: ConnectionParams = { host: 'localhost', port: 8080 };
 * ```
 */
export interface ConnectionParams {
  host?: string | undefined;
  port?: number | string | undefined;
  'socket-path'?: string | undefined;
  'api-key'?: string | undefined;
  token?: string | undefined;
}

/**
 * Called with the error of a call, or with `null` and its results.
 *
 * @example
 * ```ts
 * import type { Callback } from '@cycleplatform/internal-api-client/protocol';
 *
 * const callback: Callback<string[]> = (error, results) => console.log(error ?? results);
 * ```
 */
export type Callback<Results> = (error: Error | null, results?: Results) => void;

/**
 * One endpoint as a function. It rejects with a {@link ProtocolError} for every declared error. With a callback as
 * last argument it returns nothing and calls back instead.
 *
 * @example
 * ```ts
 * import type { Command } from '@cycleplatform/internal-api-client/protocol';
 *
 * async function run(list: Command<{ tag: string }, string[]>) {
 *   return await list({ tag: 'garden' });
 * }
 * ```
 */
export type Command<Params, Results> = {
  /** The description of the endpoint. */
  readonly __doc__: string;
  (params: Params & ConnectionParams, callback: Callback<Results>): void;
  (params: Params & ConnectionParams, options: CallOptions, callback: Callback<Results>): void;
} & (Record<never, never> extends Params
  ? {
      (callback: Callback<Results>): void;
      (params?: Params & ConnectionParams, options?: CallOptions): Promise<Results>;
    }
  : (params: Params & ConnectionParams, options?: CallOptions) => Promise<Results>);

type TypeValue<T, DateValue> = T extends StringConstructor | 'String'
  ? string
  : T extends NumberConstructor | 'Number'
    ? number
    : T extends BooleanConstructor | 'Boolean'
      ? boolean
      : T extends DateConstructor | 'Date'
        ? DateValue
        : unknown;

/**
 * The value that a declared param takes.
 *
 * @example
 * ```ts
 * import type { ParamValue } from '@cycleplatform/internal-api-client/protocol';
 *
 * const colour: ParamValue<{ type: StringConstructor; values: readonly ['red', 'green'] }> = 'red';
 * ```
 */
export type ParamValue<P> = P extends { readonly values: readonly (infer Value)[] }
  ? Value
  : P extends { readonly type: infer T }
    ? TypeValue<T, Date | string>
    : unknown;

type IsOptional<P> = P extends { readonly required: infer Required }
  ? true extends Required
    ? boolean extends Required
      ? true
      : false
    : true
  : P extends { readonly default: unknown }
    ? true
    : false;

type OptionalNames<Params> = {
  [Name in keyof Params]: IsOptional<Params[Name]> extends true ? Name : never;
}[keyof Params];

type Simplify<T> = { [Key in keyof T]: T[Key] };

/**
 * The params of a call, from the declaration of an endpoint.
 *
 * @example
 * ```ts
 * import type { ParamsOf } from '@cycleplatform/internal-api-client/protocol';
 *
 * const params: ParamsOf<{ params: { id: { type: NumberConstructor } } }> = { id: 7 };
 * ```
 */
export type ParamsOf<Endpoint> = Endpoint extends { readonly params: infer Params }
  ? Simplify<
      { -readonly [Name in Exclude<keyof Params, OptionalNames<Params>>]: ParamValue<Params[Name]> } & {
        -readonly [Name in OptionalNames<Params>]?: ParamValue<Params[Name]> | undefined;
      }
    >
  : Record<never, never>;

/**
 * The value that has a declared shape. Dates stay the text that they are in JSON.
 *
 * @example
 * ```ts
 * import type { ShapeValue } from '@cycleplatform/internal-api-client/protocol';
 *
 * const note: ShapeValue<{ id: NumberConstructor; 'tags?': [StringConstructor] }> = { id: 7, tags: ['garden'] };
 * ```
 */
export type ShapeValue<Shape, Shapes = unknown> = Shape extends `#${infer Name}`
  ? Name extends keyof Shapes
    ? ShapeValue<Shapes[Name], Shapes>
    : unknown
  : Shape extends Type
    ? TypeValue<Shape, string>
    : Shape extends readonly [infer Item]
      ? ShapeValue<Item, Shapes>[]
      : Shape extends { readonly '*': infer Item }
        ? Record<string, ShapeValue<Item, Shapes>>
        : Shape extends object
          ? Simplify<
              {
                -readonly [Key in keyof Shape as Key extends `${string}?` ? never : Key]: ShapeValue<
                  Shape[Key],
                  Shapes
                >;
              } & {
                -readonly [Key in keyof Shape as Key extends `${infer Name}?` ? Name : never]?: ShapeValue<
                  Shape[Key],
                  Shapes
                > | null;
              }
            >
          : unknown;

type ShapesOf<P> = P extends { readonly global: { readonly response: { readonly shapes: infer Shapes } } }
  ? Shapes
  : unknown;

/**
 * What a call resolves to, from the declarations of an endpoint and its protocol.
 *
 * @example
 * ```ts
 * import type { ResultsOf } from '@cycleplatform/internal-api-client/protocol';
 *
 * const names: ResultsOf<{ response: { body: readonly [StringConstructor] } }> = ['Ada', 'Grace'];
 * ```
 */
export type ResultsOf<Endpoint, P = unknown> = Endpoint extends { readonly response: { readonly body: infer Shape } }
  ? P extends { readonly global: { readonly response: { readonly results: infer Key } } }
    ? Key extends keyof ShapeValue<Shape, ShapesOf<P>>
      ? ShapeValue<Shape, ShapesOf<P>>[Key]
      : undefined
    : ShapeValue<Shape, ShapesOf<P>>
  : unknown;

type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name;

type Commands<P> = {
  readonly [Group in keyof P as Group extends 'global' ? never : Group | CamelCase<Group>]: {
    readonly [Name in keyof P[Group] as Name | CamelCase<Name>]: Command<
      ParamsOf<P[Group][Name]>,
      ResultsOf<P[Group][Name], P>
    >;
  };
};

declare const commands: unique symbol;

/**
 * The declaration of the internal API of Cycle; its client has the types of the OpenAPI document.
 *
 * @example
 * ```ts
 * import { createProtocolClient, cycleProtocol, type CycleProtocol } from '@cycleplatform/internal-api-client/protocol';
 *
 * const protocol: CycleProtocol = cycleProtocol;
 * const client = createProtocolClient(protocol);
 * ```
 */
export type CycleProtocol = ProtocolDeclaration & { readonly [commands]: CycleCommands };

/**
 * A client of a protocol: its groups, each with its commands.
 *
 * @example
 * ```ts
 * import type { CycleProtocol, ProtocolClient } from '@cycleplatform/internal-api-client/protocol';
 *
 * async function stop(client: ProtocolClient<CycleProtocol>) {
 *   await client.close();
 * }
 * ```
 */
export type ProtocolClient<P> = (P extends { readonly [commands]: infer Known } ? Known : Commands<P>) & {
  /** Takes no more calls, waits for those in flight, then closes the connections. A client that is not closed does not keep the process alive. */
  close(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Options of {@link createProtocolClient}. The server is given by `host` and `port`, or by `socketPath`.
 *
 * @example
 * ```ts
 * import { createProtocolClient, cycleProtocol, type ProtocolClientOptions } from '@cycleplatform/internal-api-client/protocol';
 *
 * const options: ProtocolClientOptions = { socketPath: '/var/run/cycle/api/api.sock', timeoutMs: 5000 };
 * const client = createProtocolClient(cycleProtocol, options);
 * ```
 */
export interface ProtocolClientOptions {
  /** Name or address of the server; `http://` before it is ignored. `https:` is refused: TLS is not supported. */
  host?: string | undefined;
  /** TCP port of the server, or its digits. */
  port?: number | string | undefined;
  /** Path of the server's Unix socket. */
  socketPath?: string | undefined;
  /** Credential of authorised endpoints. */
  apiKey?: string | undefined;
  /** Another name of `apiKey`. */
  token?: string | undefined;
  /** Limit on each call in milliseconds; 0 for none. Default 30000. */
  timeoutMs?: number | undefined;
  /**
   * Connections open at a time to one server. Default 1024, or half of the descriptors that the process may have open where
   * that is less.
   */
  maxConnections?: number | undefined;
  /** Bytes of answer that are accepted. Default: no limit. */
  maxResponseBytes?: number | undefined;
  /** Another name of `socketPath`, that of the param. */
  'socket-path'?: string | undefined;
  /** Another name of `apiKey`, that of the param. */
  'api-key'?: string | undefined;
}

/**
 * The global params that a protocol declares, as options of its client. Of one that is not known in detail, any.
 *
 * @example
 * ```ts
 * import type { GlobalParamsOf } from '@cycleplatform/internal-api-client/protocol';
 *
 * const globals: GlobalParamsOf<{ global: { params: { team: { type: StringConstructor } } } }> = { team: 'garden' };
 * ```
 */
export type GlobalParamsOf<P> = P extends { readonly [commands]: unknown }
  ? unknown
  : P extends { readonly global: { readonly params: infer Params } }
    ? string extends keyof Params
      ? { readonly [param: string]: unknown }
      : { readonly [Name in keyof Params]?: ParamValue<Params[Name]> | undefined }
    : string extends keyof P
      ? { readonly [param: string]: unknown }
      : unknown;

/**
 * Checks a declaration. Gives a frozen copy of it, for {@link createProtocolClient}, the simulator and the command line.
 * Where the native addon is missing, the declaration is checked once the addon is there, with the first call.
 *
 * @throws {ProtocolDeclarationError} that lists every fault with its place
 * @example
 * ```ts
 * import { defineProtocol } from '@cycleplatform/internal-api-client/protocol';
 *
 * const protocol = defineProtocol({
 *   notes: {
 *     list: {
 *       path: '/notes/',
 *       description: 'Show all notes',
 *       request: { method: 'GET' },
 *       response: { body: [{ id: Number, text: String }] },
 *     },
 *   },
 * });
 * ```
 */
export declare function defineProtocol<const P extends ProtocolDeclaration<P>>(declaration: P): P;

/**
 * Makes a client from a protocol. Nothing is connected before its first call.
 *
 * Before anything is sent, params are checked against their declaration; afterwards the answer is. A call that fails
 * rejects with a {@link ProtocolError}.
 *
 * @throws {TypeError} for an option that the protocol does not have, or a value that JSON cannot hold
 * @throws {RangeError} (`ERR_OUT_OF_RANGE`) when `timeoutMs` is not a number of milliseconds, or another limit not a number
 *   of at least 1
 * @example
 * ```ts
 * import { createProtocolClient, cycleProtocol } from '@cycleplatform/internal-api-client/protocol';
 *
 * const client = createProtocolClient(cycleProtocol, { timeoutMs: 5000 });
 * const environment = await client.environment.get();
 * await client.close();
 * ```
 */
export declare function createProtocolClient<const P extends object>(
  protocol: P,
  options?: ProtocolClientOptions & GlobalParamsOf<P>,
): ProtocolClient<P>;

/**
 * The Binder API as a protocol.
 *
 * @example
 * ```ts
 * import { binderProtocol, createProtocolClient } from '@cycleplatform/internal-api-client/protocol';
 *
 * const client = createProtocolClient(binderProtocol, { host: 'localhost', port: 8080 });
 * console.log(Object.keys(client));
 * ```
 */
export declare const binderProtocol: BinderProtocol;

/**
 * The internal API of Cycle as a protocol.
 *
 * @example
 * ```ts
 * import { createProtocolClient, cycleProtocol } from '@cycleplatform/internal-api-client/protocol';
 *
 * const client = createProtocolClient(cycleProtocol);
 * console.log((await client.environment.get()).name);
 * ```
 */
export declare const cycleProtocol: CycleProtocol;

/**
 * A call that ended with a declared error.
 *
 * @example
 * ```ts
 * import { createProtocolClient, cycleProtocol, ProtocolError } from '@cycleplatform/internal-api-client/protocol';
 *
 * try {
 *   await createProtocolClient(cycleProtocol).environment.get();
 * } catch (error) {
 *   if (error instanceof ProtocolError) console.log(error.endpoint, error.name, error.suggestions);
 * }
 * ```
 */
export declare class ProtocolError extends Error {
  /** The name of the declared error: `unauthorized`, `timeout`, or one of the endpoint's own. */
  name: string;
  /** Status of the answer; without an answer the declared one, if there is one. */
  status: number | undefined;
  /** What to do about it. */
  suggestions: string[];
  /** The endpoint: `group.name`. */
  endpoint: string;
  /** The param, or the place in the answer, that is to blame. */
  param?: string;
  /** The server's own words, or what exactly is wrong. */
  detail?: string;
}

/**
 * A declaration that does not hold.
 *
 * @example
 * ```ts
 * import { defineProtocol, ProtocolDeclarationError } from '@cycleplatform/internal-api-client/protocol';
 *
 * try {
 *   defineProtocol({ notes: {} });
 * } catch (error) {
 *   if (error instanceof ProtocolDeclarationError) console.log(error.faults);
 * }
 * ```
 */
export declare class ProtocolDeclarationError extends Error {
  code: 'ERR_CYCLE_PROTOCOL_DECLARATION';
  /** Everything that is wrong, in the order of the declaration: the place as a path of keys, and the fault. */
  faults: { place: string; fault: string }[];
}
