import type { EnvironmentMetadata } from './generated/environment-metadata.js';
import type { NotificationMessage } from './generated/notification.js';
import type { components, operations } from './generated/schema.js';
import type { OrUndefined } from './lib/operation-types.js';

// biome-ignore lint/complexity/noUselessEmptyExport: without it, whatever is declared here would be exported.
export {};

type Schemas = components['schemas'];

/**
 * A part of something, however small. Arrays are given whole.
 *
 * @example
 * ```ts
 * import type { DeepPartial, SimulatedWorld } from '@cycleplatform/internal-api-client/testing';
 *
 * const world: DeepPartial<SimulatedWorld> = { environment: { name: 'Staging' } };
 * ```
 */
export type DeepPartial<T> = T extends (infer _Item)[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

/**
 * The simulated hub and all that is in it: what the operations answer from.
 *
 * @example
 * ```ts
 * import { type SimulatedWorld, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * function rename(world: SimulatedWorld) {
 *   world.environment.name = 'Staging';
 * }
 * const simulator = await startSimulator({ world: rename });
 * ```
 */
export interface SimulatedWorld {
  /** Who asks: whom the simulator's own token belongs to. */
  self: {
    hub_id: string;
    environment_id: string;
    container_id: string;
    instance_id: string;
    server_id: string;
    token: string;
  };
  hub: Schemas['PublicHub'];
  environment: Schemas['Environment'];
  /** By service: its container and instances, as summaries. */
  services: Record<string, Schemas['ServiceContainer']>;
  containers: Schemas['Container'][];
  instances: Schemas['Instance'][];
  ips: Schemas['Ip'][];
  scoped_variables: Record<string, string>;
  /**
   * By name of a scoped variable: how long after the start (or after `reset`) it is there, as a duration such as `1h30m`
   * or in milliseconds. `advance` moves the clock. Variables that are not named stay.
   */
  scoped_variable_durations: Record<string, string | number>;
  certificates: { container_id: string; value: Schemas['Certificate'] }[];
  domains: { container_id: string; value: { fqdn: string; record?: Schemas['DnsRecord'] } }[];
  networks: Schemas['Network'][];
  network_environments: Schemas['Environment'][];
  network_instances: Schemas['Instance'][];
  server: Schemas['Server'];
  external_volumes: Schemas['ExternalVolume'][];
  server_images: { id: string; access_time: string }[];
  telemetry: {
    container_id: string;
    environment_id: string;
    instance_id: string;
    stats: Schemas['ResourceSnapshot'];
  }[];
  virtual_machines: Schemas['VirtualMachine'][];
  virtual_machine_domains: { virtual_machine_id: string; value: { fqdn: string; record?: Schemas['DnsRecord'] } }[];
  virtual_machine_gateways: {
    virtual_machine_id: string;
    gateway_instance_id: string;
    ips?: {
      kind: 'ipv4' | 'ipv6';
      public_ip: string;
      gateway_nat_ip?: string | null;
      gateway_private_ip?: string | null;
    }[];
  }[];
  integrations: Schemas['Integration'][];
  vpn_users: { username: string; password: string }[];
  environment_metadata: EnvironmentMetadata;
}

/**
 * A part of the internal API that a container's `config.runtime.internal_api.scope` opens.
 *
 * @example
 * ```ts
 * import { type Scope, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const scopes: Scope[] = ['self', 'environment'];
 * const simulator = await startSimulator({ scopes });
 * ```
 */
export type Scope = 'self' | 'environment' | 'networks' | 'server' | 'notifications';

/**
 * Changes of the simulated world. An object is put over it: objects are merged, anything else (arrays too) replaces
 * what is there. A function gets the whole world to change it, or gives another.
 *
 * @example
 * ```ts
 * import { startSimulator, type WorldChange } from '@cycleplatform/internal-api-client/testing';
 *
 * const change: WorldChange = { scoped_variables: { DATABASE_HOST: 'other' } };
 * const simulator = await startSimulator();
 * simulator.update(change);
 * ```
 */
export type WorldChange =
  | DeepPartial<SimulatedWorld>
  | ((world: SimulatedWorld) => SimulatedWorld)
  | ((world: SimulatedWorld) => void);

/**
 * Options of {@link startSimulator}.
 *
 * @example
 * ```ts
 * import { type SimulatorOptions, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const options: SimulatorOptions = { latencyMs: 20, world: { environment: { name: 'Staging' } } };
 * const simulator = await startSimulator(options);
 * ```
 */
export interface SimulatorOptions {
  /**
   * Where to listen. A socket file that was left behind is replaced; where a server answers, the start fails with
   * `EADDRINUSE`. Default: a socket in a new folder that only you can enter, both gone after `close()`.
   */
  socketPath?: string | undefined;
  /** TCP port to listen on instead; 0 for any that is free. */
  port?: number | undefined;
  /** Interface of the port. Default `127.0.0.1`. */
  host?: string | undefined;
  /** Token to accept. Default: that of the simulated world. */
  token?: string | undefined;
  /** Waited before every answer, in milliseconds. Default 0. */
  latencyMs?: number | undefined;
  /**
   * Where the metadata file goes. Default: `environment.json` in the folder of its own, or a file beside the socket
   * whose name is the socket's with `.environment.json` after it. It is removed by `close()`.
   */
  metadataPath?: string | undefined;
  /** Changes of the simulated world, before the start. */
  world?: WorldChange | undefined;
  /**
   * What the token may ask for. An operation that needs another scope is answered with 403 (`403.permissions`), and so
   * is the handshake of a notification socket without `notifications`. Default: everything.
   */
  scopes?: readonly Scope[] | undefined;
  /**
   * A declared protocol to serve in place of the internal API. Its endpoints answer with the declared shapes, requests
   * that do not fit get its declared errors, and `fail` asks for any other of them. In `respond` an endpoint is named
   * `group.endpoint`. The token is made up unless it is given.
   */
  protocol?: object | undefined;
  /** How elections are held. */
  election?:
    | {
        /**
         * Whether containers with `config.deploy.ha_elections` hold elections. If not, and in containers without that
         * setting, a check-in is answered with 404. Default true.
         */
        enabled?: boolean | undefined;
        /**
         * How long a primary stays one after its last check-in, in milliseconds. It may be less than the platform's
         * minimum of 15 s. Default: the container's `config.deploy.ha_elections.stale_primary_deadline`, 45 s for the
         * container that asks.
         */
        deadlineMs?: number | undefined;
      }
    | undefined;
}

/**
 * The environment variables that the platform sets, and two by which an unchanged program finds the simulator.
 *
 * @example
 * ```ts
 * import { type SimulatorEnvironment, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const simulator = await startSimulator();
 * const env: SimulatorEnvironment = { ...process.env, ...simulator.env };
 * ```
 */
export interface SimulatorEnvironment {
  [name: string]: string | undefined;
  /** The token. */
  CYCLE_API_TOKEN: string;
  /** Path of the socket; absent on a TCP port. */
  CYCLE_API_SOCKET?: string;
  /** Path of the metadata file. */
  CYCLE_METADATA_PATH?: string;
  /** The instance that the token belongs to. Absent, as all below, for a declared protocol. */
  CYCLE_INSTANCE_ID?: string;
  /** Its container. */
  CYCLE_CONTAINER_ID?: string;
  /** Its environment. */
  CYCLE_ENVIRONMENT_ID?: string;
  /** Its server. */
  CYCLE_SERVER_ID?: string;
}

/**
 * A request that the simulator received, and what became of it.
 *
 * @example
 * ```ts
 * import type { SimulatedRequest } from '@cycleplatform/internal-api-client/testing';
 *
 * function show(request: SimulatedRequest) {
 *   console.log(request.method, request.target, request.status);
 * }
 * ```
 */
export interface SimulatedRequest {
  /** Counts from 1. */
  readonly sequence: number;
  /** By the simulator's clock, in milliseconds since 1970. */
  readonly receivedAt: number;
  readonly method: string;
  /** Without the query, as it came. */
  readonly path: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Decoded; a name that came more than once has an array. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** Names in small letters; repeated ones joined by a comma. Tokens and passwords are replaced by `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text; its first MiB. */
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
  /** Whether `text` is less than the whole body. */
  readonly truncated: boolean;
  /** Bytes of the whole body. */
  readonly bodyLength: number;
  /** The operation that was asked for; null for anything else. */
  readonly operationId: string | null;
  /** Status of the answer; null before there is one, and when there was none. */
  readonly status: number | null;
  /**
   * Why there was no whole answer: dropped on purpose before it (`connection`), within its `head` or its `body`, or
   * `aborted` by the client. Null when there was one.
   */
  readonly fault: 'connection' | 'head' | 'body' | 'aborted' | null;
}

/**
 * An answer in place of the simulator's own. What is left out is as it would be: with `delayMs` alone the usual
 * answer comes late; with a `status` from 400 alone the platform's error for it comes.
 *
 * @example
 * ```ts
 * import { type SimulatedAnswer, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const busy: SimulatedAnswer = { status: 503, headers: { 'retry-after': '1' }, times: 2 };
 * const simulator = await startSimulator();
 * simulator.respond('GET /v1/environment', busy);
 * ```
 */
export interface SimulatedAnswer {
  /** From 200 to 599. Default 200 when there is a body. */
  status?: number | undefined;
  /** They take the place of the usual ones; an array sends a header more than once. */
  headers?: Record<string, string | string[]> | Iterable<[string, string]> | undefined;
  /** Sent as JSON. */
  body?: unknown | undefined;
  /** Sent as it is, as `text/plain`. */
  text?: string | undefined;
  /** Sent as they are, as `application/octet-stream`. */
  bytes?: Uint8Array | undefined;
  /** Waited before the answer, in milliseconds, besides the simulator's latency. */
  delayMs?: number | undefined;
  /** How often it is given; afterwards answers are as before. Default: always. */
  times?: number | undefined;
  /** Drops the connection: before the answer, half-way through its head, or after its head and half of its body. */
  drop?: 'connection' | 'head' | 'body' | undefined;
}

/**
 * Makes an answer for a request; undefined for the simulator's own. When it throws, the answer is a 500.
 *
 * @example
 * ```ts
 * import { type AnswerFunction, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const echo: AnswerFunction = (request) => ({ body: { data: request.json } });
 * const simulator = await startSimulator();
 * simulator.respond('POST /v1/object-cache', echo);
 * ```
 */
export type AnswerFunction = (
  request: SimulatedRequest,
) => SimulatedAnswer | undefined | Promise<SimulatedAnswer | undefined>;

/**
 * Name of an operation.
 *
 * @example
 * ```ts
 * import type { OperationId } from '@cycleplatform/internal-api-client/testing';
 *
 * const operation: OperationId = 'getEnvironment';
 * ```
 */
export type OperationId = keyof operations;

/**
 * Which requests: an operation, an endpoint of a declared protocol, a path, or a method and a path. Queries don't count.
 *
 * @example
 * ```ts
 * import type { RequestMatch } from '@cycleplatform/internal-api-client/testing';
 *
 * const matches: RequestMatch[] = ['getEnvironment', '/v1/environment', 'GET /v1/environment'];
 * ```
 */
export type RequestMatch =
  | OperationId
  | `${string}.${string}`
  | `/${string}`
  | `${string} /${string}`
  | { operationId: OperationId }
  | { method?: string | undefined; path: string };

/**
 * An answer that is in force.
 *
 * @example
 * ```ts
 * import { type AnswerHandle, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const simulator = await startSimulator();
 * const answer: AnswerHandle = simulator.respond('getEnvironment', { status: 500 });
 * answer.remove();
 * ```
 */
export interface AnswerHandle {
  /** How often it was given. */
  readonly calls: number;
  /** Takes it back. */
  remove(): void;
}

/**
 * A notification of which the simulator makes up what is missing: what belongs to the simulated world.
 *
 * @example
 * ```ts
 * import { type PartialNotification, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const message: PartialNotification = { topic: 'container.state.changed', object: { state: 'running' } };
 * const simulator = await startSimulator();
 * simulator.publish(message);
 * ```
 */
export type PartialNotification = Pick<NotificationMessage, 'topic'> &
  OrUndefined<Omit<Partial<NotificationMessage>, 'context' | 'object'>> & {
    object?: OrUndefined<Partial<NotificationMessage['object']>> | undefined;
    context?: OrUndefined<Partial<NotificationMessage['context']>> | undefined;
  };

/**
 * Options of {@link Simulator.publishEvery}.
 *
 * @example
 * ```ts
 * import { type PublishOptions, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const options: PublishOptions = { perSecond: 100, count: 1000 };
 * const simulator = await startSimulator();
 * simulator.publishEvery({ topic: 'container.state.changed' }, options);
 * ```
 */
export interface PublishOptions {
  /** Messages a second. Default: as fast as the slowest socket takes them. */
  perSecond?: number | undefined;
  /** Messages in all. Default: until it is stopped. */
  count?: number | undefined;
}

/**
 * Notifications that are being sent.
 *
 * @example
 * ```ts
 * import { type PublisherHandle, startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const simulator = await startSimulator();
 * const publisher: PublisherHandle = simulator.publishEvery({ topic: 'container.state.changed' }, { count: 10 });
 * console.log(await publisher.done);
 * ```
 */
export interface PublisherHandle {
  /** How many were sent. */
  readonly sent: number;
  /** Resolves to the number sent, when all are, or it is stopped, or the simulator closes. */
  readonly done: Promise<number>;
  /** Sends no more. */
  stop(): void;
}

/**
 * A simulated platform: a real HTTP server on a thread of its own, which answers every operation of the internal API
 * and sends notifications.
 *
 * It keeps the process alive until it is closed or `unref()` is called.
 *
 * @example
 * ```ts
 * import type { Simulator } from '@cycleplatform/internal-api-client/testing';
 *
 * async function lastPath(simulator: Simulator) {
 *   await simulator.whenConnected();
 *   return simulator.requests.at(-1)?.path;
 * }
 * ```
 */
export interface Simulator {
  /** Path of the socket; undefined on a TCP port. */
  readonly socketPath: string | undefined;
  /** The TCP port; undefined on a socket. */
  readonly port: number | undefined;
  /** Base URL on a TCP port; undefined on a socket. */
  readonly url: string | undefined;
  /** The token of the simulated instance. `setToken` changes it. */
  readonly token: string;
  /** Path of the metadata file. */
  readonly metadataPath: string | undefined;
  /** What the platform sets for a program, by which an unchanged one finds the simulator: `spawn(..., { env: { ...process.env, ...simulator.env } })`. */
  readonly env: SimulatorEnvironment;
  /**
   * Every request received, oldest first, handshakes of notification sockets too. The last 10000 are kept, with 32 MiB
   * of bodies. Readable at any time, after `close()` too.
   */
  readonly requests: SimulatedRequest[];
  /** How many notification sockets are open. */
  readonly connections: number;
  /** The simulated world as it is now. A copy: changing it changes nothing. */
  readonly world: SimulatedWorld;
  /** Waited before every answer, in milliseconds. */
  latencyMs: number;

  /**
   * Answers certain requests otherwise. The answer comes before the token and the arguments are looked at, and
   * nothing changes in the simulated world unless it leaves the simulator's own answer as it is.
   *
   * Of several answers for a request the last one given counts. A handshake of a notification socket is
   * `GET /v1/notifications`.
   *
   * @throws TypeError when no request can match, or HTTP does not allow the answer
   */
  respond(
    match: RequestMatch,
    answer: SimulatedAnswer | AnswerFunction,
    options?: { times?: number | undefined },
  ): AnswerHandle;

  /**
   * Makes an endpoint of a declared protocol, `group.endpoint`, answer with one of its declared errors; with null, as
   * usual again.
   *
   * @throws TypeError when there is no such endpoint, or no such error that a server can answer with
   */
  fail(endpoint: string, error: string | null): this;

  /**
   * Makes a token of another instance of the simulated world: what is asked with it, is asked by that instance. This
   * is how several instances check in for an election.
   *
   * @throws TypeError when there is no such instance
   */
  tokenFor(instanceId: string): string;

  /**
   * Changes the world while the simulator runs, as the option `world` does at the start: an object is put over it, a
   * function changes it or gives another. No notification is sent, and the metadata file stays as it is. A function may
   * be called again when a request has changed the world meanwhile.
   *
   * @throws TypeError when the changed world cannot be served; it stays as it was
   */
  update(change: WorldChange): void;

  /**
   * Replaces the token, as when the platform gives a new one: from now on requests with the one before are answered with
   * 401. Open notification sockets and tokens of `tokenFor` stay as they are.
   *
   * @throws TypeError when HTTP does not allow it in a header
   */
  setToken(token: string): void;

  /**
   * Changes what tokens may ask for, as the option `scopes` does; undefined allows everything. Open notification sockets
   * stay open.
   *
   * @throws TypeError when there is no such scope
   */
  setScopes(scopes: readonly Scope[] | undefined): void;

  /** Moves the simulator's clock forward, so that stored values, variables and elections run out without waiting. */
  advance(ms: number): void;

  /**
   * Sends a notification to all open sockets. An object is completed by what belongs to the simulated world; a text
   * is sent as it is, be it JSON or not.
   */
  publish(message: PartialNotification | string): void;

  /**
   * Sends notifications at a rate, driven by the simulator's thread: one message, several in turn, or those that a
   * function makes, which needs a `count` and makes all of them at once. Slow sockets slow it down.
   */
  publishEvery(
    messages:
      | PartialNotification
      | string
      | (PartialNotification | string)[]
      | ((index: number) => PartialNotification | string),
    options?: PublishOptions,
  ): PublisherHandle;

  /**
   * Closes all open sockets after what was sent before: with a close code (default 1001) and a reason, or, `abrupt`,
   * by dropping their connections.
   *
   * @throws TypeError when a server can't close with that code; `sendRaw` sends any frame
   */
  disconnect(options?: { code?: number | undefined; reason?: string | undefined; abrupt?: boolean | undefined }): void;

  /** Refuses new sockets with a status, for so many `times` or until it is taken back. */
  refuse(status: number, answer?: Omit<SimulatedAnswer, 'status'>): AnswerHandle;

  /**
   * Neither reads from nor writes to the sockets that are open, as a dead peer does. With `handshakes`, new ones go
   * unanswered too.
   */
  goSilent(options?: { handshakes?: boolean | undefined }): void;

  /** Ends the silence. What was sent meanwhile goes out. */
  resume(): void;

  /** Writes bytes to all open sockets as they are: any frame, or none. */
  sendRaw(bytes: Uint8Array): void;

  /**
   * Resolves when so many sockets (default 1) are open. From then on they get every message.
   *
   * Rejects with the signal's reason, or when the simulator is closed.
   */
  whenConnected(count?: number, options?: { signal?: AbortSignal | undefined }): Promise<void>;

  /**
   * Puts the world back to its start, and forgets requests, answers given by `respond`, stored values and elections. Token
   * and scopes stay.
   */
  reset(): void;

  /** Keeps the process alive, as it does from the start. */
  ref(): this;
  /** Lets the process end while the simulator runs. */
  unref(): this;

  /**
   * Drops all connections and removes the socket, the metadata file and the folder. Resolves when all of it is gone.
   * When the process exits before, this is done then; a signal that kills it leaves the files behind.
   */
  close(): Promise<void>;
  /** The same as {@link Simulator.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a simulated platform.
 *
 * Rejects with an `Error` that has a `code`: `EADDRINUSE` where a server answers already, `ENOTSOCK` where a file is
 * no socket, `ENAMETOOLONG`, or what the system says; with a `TypeError` when an option is not what it should be.
 *
 * @example
 * ```ts
 * import { startSimulator } from '@cycleplatform/internal-api-client/testing';
 *
 * const simulator = await startSimulator();
 * const env = { ...process.env, ...simulator.env };
 * console.log(env.CYCLE_API_SOCKET);
 * await simulator.close();
 * ```
 */
export function startSimulator(options?: SimulatorOptions): Promise<Simulator>;
