import type { EventEmitter } from 'node:events';
import type { SecureContext } from 'node:tls';
import type { EnvironmentMetadata } from './generated/environment-metadata.js';
import type { LiveErrorCode } from './generated/error-codes.js';
import type { components } from './generated/schema.js';
import type { InternalApiClient } from './index.js';

export type { LiveErrorCode } from './generated/error-codes.js';

/**
 * Options that every function of this module takes.
 *
 * @example
 * ```ts
 * import { joinElection, type LiveOptions } from '@cycleplatform/internal-api-client/live';
 *
 * const stop = new AbortController();
 * const options: LiveOptions = { signal: stop.signal };
 * const election = await joinElection({ ...options, priority: 5 });
 * ```
 */
export interface LiveOptions {
  /** A client of `getClient()` for the calls. It is left open. Default: one of its own. */
  client?: InternalApiClient | undefined;
  /**
   * Path of the API's Unix socket.
   * Default: the environment variable `CYCLE_API_SOCKET`, otherwise `/var/run/cycle/api/api.sock`.
   */
  socketPath?: string | undefined;
  /** Credential of this instance. Default: the environment variable `CYCLE_API_TOKEN`. */
  token?: string | undefined;
  /** Ends everything when it aborts. Loops and what is waited for throw the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * An error of this module. `code` is stable; the message says what was attempted and what to do. Calls without an answer give
 * the errors of `getClient()` instead.
 *
 * @example
 * ```ts
 * import { joinElection, type LiveError } from '@cycleplatform/internal-api-client/live';
 *
 * joinElection().catch((error: LiveError) => {
 *   if (error.code === 'ERR_CYCLE_ELECTIONS_OFF') console.error(error.message);
 * });
 * ```
 */
export interface LiveError extends Error {
  code: LiveErrorCode;
  /** Status of the answer (`ERR_CYCLE_API`). */
  status?: number | undefined;
  /** The platform's own code, such as `403.permissions` (`ERR_CYCLE_API`). */
  apiCode?: string | undefined;
  /** ID of the certificate (`ERR_CYCLE_CERTIFICATE`). */
  certificateId?: string | undefined;
  /** Names of the variables that are missing (`ERR_CYCLE_VARIABLES_MISSING`). */
  missing?: string[] | undefined;
}

/**
 * What works until it is closed. It keeps the process alive unless `unref()` was called.
 *
 * `error` is emitted only to those who listen to it: what failed is tried again anyway.
 *
 * @example
 * ```ts
 * import { joinElection, type LivePart } from '@cycleplatform/internal-api-client/live';
 *
 * const parts: LivePart[] = [await joinElection()];
 * process.once('SIGTERM', () => Promise.all(parts.map((part) => part.close())));
 * ```
 */
export interface LivePart extends EventEmitter {
  /** Lets the process end while this works. */
  unref(): this;
  /** Keeps the process alive until this is closed, as at first. */
  ref(): this;
  /** Ends it. Loops over it end. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Options of {@link joinElection}.
 *
 * @example
 * ```ts
 * import { type ElectionOptions, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * const options: ElectionOptions = { priority: 10, checkinIntervalMs: 5000 };
 * const election = await joinElection(options);
 * ```
 */
export interface ElectionOptions extends LiveOptions {
  /** Preference of this instance, a whole number of 32 bits: the higher, the more likely it is elected. Default 0. */
  priority?: number | undefined;
  /**
   * Milliseconds without a check-in after which the platform elects another primary.
   * Default: the container's `config.deploy.ha_elections.stale_primary_deadline`, which is read once.
   */
  deadlineMs?: number | undefined;
  /** Milliseconds between check-ins, less than 80 % of the deadline. Up to a tenth less is waited. Default: a third of the deadline. */
  checkinIntervalMs?: number | undefined;
  /** ID of this instance. Default: the environment variable `CYCLE_INSTANCE_ID`. */
  instanceId?: string | undefined;
}

/**
 * The time in which this instance is the primary.
 *
 * @example
 * ```ts
 * import { type ElectionTerm, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * async function work({ signal }: ElectionTerm) {
 *   while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000));
 * }
 * const election = await joinElection();
 * for await (const term of election.terms()) await work(term);
 * ```
 */
export interface ElectionTerm {
  /**
   * Aborts when the term ends: with `ERR_CYCLE_LEASE_LOST` at the fence, which is 80 % of the deadline after the last check-in that
   * was answered was sent, or when another instance is the primary; with `ERR_CYCLE_RESIGNED` when this one gives up.
   */
  readonly signal: AbortSignal;
  /** When this instance learned that it is the primary. */
  readonly since: Date;
  /** Milliseconds until the fence; each answered check-in moves it. 0 after the end. */
  readonly remainingMs: number;
}

/**
 * The events of an {@link Election}, with the arguments of their listeners.
 *
 * @example
 * ```ts
 * import { type ElectionEventMap, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * const onCheckin = ({ primaryInstanceId }: ElectionEventMap['checkin'][0]) => console.log(primaryInstanceId);
 * (await joinElection()).on('checkin', onCheckin);
 * ```
 */
export interface ElectionEventMap {
  /** This instance is the primary. Promises that listeners return are waited for by {@link Election.resign}. */
  elected: [term: ElectionTerm];
  /** It no longer is. The reason is that of the term's signal. */
  lost: [reason: LiveError];
  /** A check-in was answered. */
  checkin: [outcome: { primaryInstanceId: string | null }];
  /** A check-in failed, and is tried again; or a listener's promise rejected. */
  error: [error: Error];
}

/**
 * The part that this instance has in the election of its container's primary.
 *
 * It is safe as long as the clocks of all instances and of the platform run at equal rates: at most one instance believes that it is
 * the primary. There is no fencing token, so that work already sent elsewhere may arrive late.
 *
 * @example
 * ```ts
 * import { type Election, joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * const election: Election = await joinElection();
 * setInterval(() => {
 *   if (election.isPrimary) console.log('Only one instance says this');
 * }, 60_000);
 * process.once('SIGTERM', () => election.resign());
 * ```
 */
export interface Election extends LivePart {
  /** Whether this instance is the primary now. Looks at the time that is left, so that it is right after any delay. */
  readonly isPrimary: boolean;
  /** The term that lasts; undefined when this instance is not the primary. */
  readonly term: ElectionTerm | undefined;
  /**
   * A loop over the terms of this instance, which waits for each next one. It ends after {@link Election.resign} and `close()`.
   * A turn of the loop counts as the work of its term.
   */
  terms(): AsyncGenerator<ElectionTerm, void, undefined>;
  /**
   * Gives up for good: ends the term, waits until its work is done (no longer than the fence), and tells the platform, so that
   * another instance can be elected at once. Rejects if the platform could not be told; others then wait for the deadline.
   */
  resign(): Promise<void>;
  /** As {@link Election.resign}, but what fails is emitted as `error`. */
  close(): Promise<void>;
  on<E extends keyof ElectionEventMap>(event: E, listener: (...args: ElectionEventMap[E]) => unknown): this;
  once<E extends keyof ElectionEventMap>(event: E, listener: (...args: ElectionEventMap[E]) => unknown): this;
  off<E extends keyof ElectionEventMap>(event: E, listener: (...args: ElectionEventMap[E]) => unknown): this;
}

/**
 * Joins the election of this container's primary.
 *
 * @param options see {@link ElectionOptions}
 * @returns the election, once the deadline is known. Calls without an answer are tried again until `signal` aborts.
 * @throws `ERR_CYCLE_ELECTIONS_OFF` if the container has no `stale_primary_deadline`, `ERR_CYCLE_NO_INSTANCE_ID`, `ERR_CYCLE_API` for
 *   an answer that does not change by waiting, and `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE` for an option.
 *
 * @example
 * ```ts
 * import { joinElection } from '@cycleplatform/internal-api-client/live';
 *
 * await using election = await joinElection();
 * election.on('lost', ({ message }) => console.log(message));
 * for await (const { signal } of election.terms()) {
 *   console.log('primary now', signal.aborted);
 * }
 * ```
 */
export declare function joinElection(options?: ElectionOptions): Promise<Election>;

/**
 * What {@link mirrorEnvironment} can mirror, each with the type of its entries.
 *
 * @example
 * ```ts
 * import type { MirroredResources } from '@cycleplatform/internal-api-client/live';
 *
 * function isRunning(instance: MirroredResources['instances']) {
 *   return instance.state.current === 'running';
 * }
 * ```
 */
export interface MirroredResources {
  /** Of `GET /v1/environment/containers`. */
  containers: components['schemas']['Container'];
  /** Of `GET /v1/environment/instances`. */
  instances: components['schemas']['Instance'];
  /** Of `GET /v1/environment/services`. They have no ID: their names, such as `loadbalancer`, are in its place. */
  services: components['schemas']['ServiceContainer'];
  /** Of `GET /v1/environment/ips`. */
  ips: components['schemas']['Ip'];
  /** Of `GET /v1/environment/virtual-machines`. */
  virtualMachines: components['schemas']['VirtualMachine'];
}

/**
 * The name of something that can be mirrored.
 *
 * @example
 * ```ts
 * import { type MirroredResource, mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * const all: MirroredResource[] = ['containers', 'instances', 'services', 'ips', 'virtualMachines'];
 * const mirror = await mirrorEnvironment({ resources: all });
 * ```
 */
export type MirroredResource = keyof MirroredResources;

/**
 * Options of {@link mirrorEnvironment}.
 *
 * @example
 * ```ts
 * import { type MirrorOptions, mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * const options: MirrorOptions<'ips'> = { resources: ['ips'], resyncMs: 60_000 };
 * const mirror = await mirrorEnvironment(options);
 * console.log(mirror.ips.size);
 * ```
 */
export interface MirrorOptions<R extends MirroredResource = 'containers' | 'instances'> extends LiveOptions {
  /** What to mirror. Default `['containers', 'instances']`. */
  resources?: readonly R[] | undefined;
  /** Milliseconds between lists while nothing happens, from 1. Up to a tenth less is waited. Default 300000. */
  resyncMs?: number | undefined;
  /** Milliseconds from the end of a list until the same list may be asked for again, from 0. Default 1000. */
  minIntervalMs?: number | undefined;
  /** Milliseconds between lists while notifications do not come, from 1. Up to a tenth less is waited. Default 30000. */
  pollMs?: number | undefined;
  /** Milliseconds without a byte, or an answer to a ping, after which notifications count as lost; 0 for never. Default 30000. */
  idleTimeoutMs?: number | undefined;
  /** Milliseconds before notifications are connected to again, doubled with each failure, with a random part. Default 1000. */
  reconnectBaseDelayMs?: number | undefined;
  /** The longest such delay, in milliseconds. Default 30000. */
  reconnectMaxDelayMs?: number | undefined;
}

/**
 * The entries of a list by ID: a Map that only its mirror can change. Entries are frozen; those that did not change stay the same
 * objects.
 *
 * @example
 * ```ts
 * import { type MirroredCollection, type MirroredResources, mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * function names(containers: MirroredCollection<MirroredResources['containers']>) {
 *   return containers.filter((container) => container.state.current === 'running').map(({ name }) => name);
 * }
 * console.log(names((await mirrorEnvironment()).containers));
 * ```
 */
export interface MirroredCollection<T> extends ReadonlyMap<string, T> {
  /** The entries for which the predicate gives something true. */
  filter(predicate: (entry: T, id: string) => unknown): T[];
  /** The first of them; undefined when there is none. */
  find(predicate: (entry: T, id: string) => unknown): T | undefined;
}

/**
 * What a newer list changed.
 *
 * @example
 * ```ts
 * import { type MirrorChange, mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * function show(change: MirrorChange<'containers' | 'instances'>) {
 *   if (change.resource === 'containers') {
 *     for (const { before, after } of change.changed) console.log(before.state.current, after.state.current);
 *   }
 * }
 * (await mirrorEnvironment()).on('change', show);
 * ```
 */
export type MirrorChange<R extends MirroredResource = MirroredResource> = {
  [K in R]: {
    resource: K;
    /** Entries that are new. */
    added: MirroredResources[K][];
    /** Entries that are gone, as they were. */
    removed: MirroredResources[K][];
    /** Entries that differ anywhere in them. */
    changed: { id: string; before: MirroredResources[K]; after: MirroredResources[K] }[];
  };
}[R];

/**
 * Whether a mirror shows what the platform has.
 *
 * @example
 * ```ts
 * import { type MirrorFreshness, mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * const { synced, since, reason }: MirrorFreshness = (await mirrorEnvironment()).freshness;
 * if (!synced) console.log(`What is shown was true at ${since.toISOString()} (${reason})`);
 * ```
 */
export interface MirrorFreshness {
  /** Whether every list was asked for after everything that is known to have happened, and notifications come. */
  readonly synced: boolean;
  /** When `synced`: since when. Otherwise what is shown was true then, and what happened later may be missing. */
  readonly since: Date;
  /**
   * Why it is not in sync. `listing`: a list is being asked for because something happened. `disconnected`: notifications do not
   * come now. `refused`: the platform does not give them to this instance. `failing`: the last list of a resource failed. `closed`:
   * the mirror has ended. With `disconnected` and `refused`, lists are asked for every `pollMs`.
   */
  readonly reason: 'listing' | 'disconnected' | 'refused' | 'failing' | 'closed' | undefined;
  /** The failure behind it, where there was one. */
  readonly error: Error | undefined;
}

/**
 * The events of a {@link Mirror}, with the arguments of their listeners.
 *
 * @example
 * ```ts
 * import { type MirrorEventMap, mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * const onError = (...[error]: MirrorEventMap['error']) => console.error(error.message);
 * (await mirrorEnvironment()).on('error', onError);
 * ```
 */
export interface MirrorEventMap<R extends MirroredResource = 'containers' | 'instances'> {
  /** A list differs from the one before. The mirror shows it already. One for each list of a resource. */
  change: [change: MirrorChange<R>];
  /** A list failed, or notifications do not come. It is tried again; `freshness` says what the mirror is worth meanwhile. */
  error: [error: Error];
}

/**
 * Lists of the environment that follow the platform. What was not asked for is undefined.
 *
 * @example
 * ```ts
 * import { type Mirror, mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * const mirror: Mirror = await mirrorEnvironment();
 * const container = await mirror.until(({ containers }) => containers.find(({ name }) => name === 'api'));
 * console.log(container.state.current);
 * ```
 */
export interface Mirror<R extends MirroredResource = 'containers' | 'instances'> extends LivePart {
  readonly containers: 'containers' extends R ? MirroredCollection<MirroredResources['containers']> : undefined;
  readonly instances: 'instances' extends R ? MirroredCollection<MirroredResources['instances']> : undefined;
  /** By name of the service. */
  readonly services: 'services' extends R ? MirroredCollection<MirroredResources['services']> : undefined;
  readonly ips: 'ips' extends R ? MirroredCollection<MirroredResources['ips']> : undefined;
  readonly virtualMachines: 'virtualMachines' extends R
    ? MirroredCollection<MirroredResources['virtualMachines']>
    : undefined;
  /** Whether it shows what the platform has. */
  readonly freshness: MirrorFreshness;
  /**
   * Waits until a predicate gives something true, which it resolves with. It is called at once, and after each change of a list or
   * of `freshness.synced`.
   *
   * Rejects with what the predicate throws; with the signal's reason; with `ERR_CYCLE_TIMEOUT` after `timeoutMs`; with
   * `ERR_CYCLE_CLOSED`, or why the mirror ended, when it ends.
   */
  until<T>(
    predicate: (mirror: this) => T,
    options?: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined },
  ): Promise<Exclude<T, false | 0 | 0n | '' | null | undefined>>;
  on<E extends keyof MirrorEventMap<R>>(event: E, listener: (...args: MirrorEventMap<R>[E]) => unknown): this;
  once<E extends keyof MirrorEventMap<R>>(event: E, listener: (...args: MirrorEventMap<R>[E]) => unknown): this;
  off<E extends keyof MirrorEventMap<R>>(event: E, listener: (...args: MirrorEventMap<R>[E]) => unknown): this;
}

/**
 * Mirrors lists of the environment: what the platform has, without asking for it again and again.
 *
 * @param options see {@link MirrorOptions}
 * @returns the mirror, once all lists are there. Calls without an answer are tried again until `signal` aborts.
 * @throws `ERR_CYCLE_API` for an answer that does not change by waiting, `ERR_CYCLE_BAD_ANSWER` for one without a list, and
 *   `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE` for an option.
 *
 * @example
 * ```ts
 * import { mirrorEnvironment } from '@cycleplatform/internal-api-client/live';
 *
 * await using mirror = await mirrorEnvironment({ resources: ['instances'] });
 * mirror.on('change', ({ added, removed }) => console.log(`${added.length} more instances, ${removed.length} less`));
 * await mirror.until(({ instances }) => instances.filter(({ state }) => state.current === 'running').length >= 3);
 * ```
 */
export declare function mirrorEnvironment<R extends MirroredResource = 'containers' | 'instances'>(
  options?: MirrorOptions<R>,
): Promise<Mirror<R>>;

/**
 * Options of {@link waitForApi}.
 *
 * @example
 * ```ts
 * import { type WaitOptions, waitForApi } from '@cycleplatform/internal-api-client/live';

 *
 * const options: WaitOptions = { timeoutMs: 30_000 };
 * await waitForApi(options);
 * ```
 */
export interface WaitOptions extends LiveOptions {
  /** Milliseconds to wait. Default: no limit. Beyond it: `ERR_CYCLE_TIMEOUT`. */
  timeoutMs?: number | undefined;
}

/**
 * Waits until the API answers `GET /v1/hub`. An answer of any status counts, also 401 or 503: there is a server then, and what it
 * says of further calls is for these to see.
 *
 * What fails is tried again after 50 ms, then after twice as long each time, up to 2 s. An attempt may take 5 s.
 *
 * @throws `ERR_CYCLE_TIMEOUT` after `timeoutMs`, with the last failure as `cause`; the signal's reason; at once what does not
 *   change by waiting, such as `ERR_CYCLE_MISSING_TOKEN`, `ERR_CYCLE_CLOSED` of a client, or `ENAMETOOLONG`.
 *
 * @example
 * ```ts
 * import { waitForApi } from '@cycleplatform/internal-api-client/live';
 *
 * await waitForApi({ timeoutMs: 30_000 });
 * ```
 */
export declare function waitForApi(options?: WaitOptions): Promise<void>;

/**
 * Options of {@link remember}.
 *
 * @example
 * ```ts
 * import { remember, type RememberOptions } from '@cycleplatform/internal-api-client/live';
 *
 * const options: RememberOptions = { scope: 'container', expires: '10m', onError: console.error };
 * const rates = await remember('rates', options, () => '{"EUR":1}');
 * ```
 */
export interface RememberOptions extends LiveOptions {
  /** Who shares the value. */
  scope: 'global' | 'environment' | 'container' | 'instance';
  /** How long the platform keeps a value that is made now, such as `30s` or `1h30m`. */
  expires: string;
  /** Is told why the cache could not be read or written. The value is made, and given, without it. */
  onError?: ((error: Error) => void) | undefined;
}

/**
 * Reads a value from the object cache, or makes it and stores it there.
 *
 * Calls of the same key and scope, over the same client or socket and token, that run at the same time in this process share one
 * making; the options and `make` of the first count. Other processes may make the value too: see `docs/live.md`.
 *
 * A cache that cannot be read or written, or that takes longer than 5 s, is reported to `onError` and otherwise ignored.
 *
 * @param key name of the value within its scope
 * @param make gives the value. Its `signal` aborts when all who wait for the value have been aborted.
 * @returns the value, once it is stored
 * @throws what `make` throws, to all who share it, with nothing stored; the signal's reason; `ERR_CYCLE_CLOSED` of a client; and
 *   `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an argument, or when `make` does not give a string.
 *
 * @example
 * ```ts
 * import { remember } from '@cycleplatform/internal-api-client/live';
 *
 * const page = await remember('front-page', { scope: 'container', expires: '5m' }, async ({ signal }) => {
 *   const response = await fetch('http://localhost:3000/', { signal });
 *   return response.text();
 * });
 * ```
 */
export declare function remember(
  key: string,
  options: RememberOptions,
  make: (context: { signal: AbortSignal }) => string | Promise<string>,
): Promise<string>;

/**
 * Options of {@link watchEnvironmentMetadata}. Of those that all functions take, only `signal` matters here.
 *
 * @example
 * ```ts
 * import { type MetadataWatchOptions, watchEnvironmentMetadata } from '@cycleplatform/internal-api-client/live';
 *
 * const options: MetadataWatchOptions = { path: '/tmp/environment.json', intervalMs: 1000 };
 * const watch = await watchEnvironmentMetadata(options);
 * ```
 */
export interface MetadataWatchOptions extends LiveOptions {
  /**
   * The file to read. Default: the environment variable `CYCLE_METADATA_PATH`, otherwise
   * `/var/run/cycle/metadata/environment.json`.
   */
  path?: string | undefined;
  /** Milliseconds between one reading and the next. Default 5000. */
  intervalMs?: number | undefined;
}

/**
 * The events of a {@link MetadataWatch}, with the arguments of their listeners.
 *
 * @example
 * ```ts
 * import { type MetadataWatchEventMap, watchEnvironmentMetadata } from '@cycleplatform/internal-api-client/live';
 *
 * const onChange = (...[next, before]: MetadataWatchEventMap['change']) => console.log(before.services, next.services);
 * (await watchEnvironmentMetadata()).on('change', onChange);
 * ```
 */
export interface MetadataWatchEventMap {
  /** The file has another content, whether or not it is another file. The order of keys and white space do not count. */
  change: [next: EnvironmentMetadata, before: EnvironmentMetadata];
  /** The file could not be read 11 times in a row. Told once, until it is another failure; reading goes on. */
  error: [error: Error & { code?: string }];
}

/**
 * The metadata of this instance's environment, as its file says.
 *
 * @example
 * ```ts
 * import { type MetadataWatch, watchEnvironmentMetadata } from '@cycleplatform/internal-api-client/live';
 *
 * const watch: MetadataWatch = await watchEnvironmentMetadata();
 * console.log(watch.current.private_network.ipv6.cidr);
 * ```
 */
export interface MetadataWatch extends LivePart {
  /** What was read last. Frozen: `structuredClone` gives a copy that can be changed. */
  readonly current: EnvironmentMetadata;
  on<E extends keyof MetadataWatchEventMap>(event: E, listener: (...args: MetadataWatchEventMap[E]) => unknown): this;
  once<E extends keyof MetadataWatchEventMap>(event: E, listener: (...args: MetadataWatchEventMap[E]) => unknown): this;
  off<E extends keyof MetadataWatchEventMap>(event: E, listener: (...args: MetadataWatchEventMap[E]) => unknown): this;
}

/**
 * Follows the metadata file of this instance's environment, by reading it at intervals.
 *
 * A file that is missing, or half written, leaves `current` as it is. It is read again every 100 ms, ten times, then at the interval.
 *
 * @returns the watch, once the file was read
 * @throws at the start, after ten more attempts, what `getEnvironmentMetadata` gives as `error`, such as `ENOENT` or
 *   `ERR_CYCLE_METADATA_JSON`, and `ERR_CYCLE_METADATA_SHAPE` for what is not an object; the signal's reason; and
 *   `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE` for an option.
 *
 * @example
 * ```ts
 * import { watchEnvironmentMetadata } from '@cycleplatform/internal-api-client/live';
 *
 * await using watch = await watchEnvironmentMetadata();
 * watch.on('change', ({ deployments }) => console.log(deployments?.tags));
 * ```
 */
export declare function watchEnvironmentMetadata(options?: MetadataWatchOptions): Promise<MetadataWatch>;

/**
 * How what is followed is asked for, in milliseconds.
 *
 * @example
 * ```ts
 * import { type FollowOptions, watchScopedVariables } from '@cycleplatform/internal-api-client/live';
 *
 * const options: FollowOptions = { pollMs: 30_000, idleTimeoutMs: 10_000 };
 * const variables = await watchScopedVariables(options);
 * ```
 */
export interface FollowOptions extends LiveOptions {
  /**
   * Time from one list to the next while no notification asks for one. Up to a tenth less is waited.
   * Default: 60000 for variables, 3600000 for certificates.
   */
  pollMs?: number | undefined;
  /** Time from the end of a list until the next, however much happens. Default 1000. */
  minIntervalMs?: number | undefined;
  /** Silence after which notifications count as lost; the peer is pinged before. 0: never. Default 30000. */
  idleTimeoutMs?: number | undefined;
  /** Delay before notifications are connected to again; it doubles with each failure, and a part of it is random. Default 1000. */
  reconnectBaseDelayMs?: number | undefined;
  /** Longest such delay. Default 30000. */
  reconnectMaxDelayMs?: number | undefined;
}

/**
 * Options of {@link watchScopedVariables}.
 *
 * @example
 * ```ts
 * import { type VariablesOptions, watchScopedVariables } from '@cycleplatform/internal-api-client/live';
 *
 * const options: VariablesOptions = { required: ['DATABASE_HOST', 'DATABASE_PASSWORD'] };
 * const variables = await watchScopedVariables(options);
 * ```
 */
export interface VariablesOptions extends FollowOptions {
  /** Names of variables without which the start fails. One that is empty counts as missing. Default: none. */
  required?: readonly string[] | undefined;
}

/**
 * The events of a {@link VariablesWatch}, with the arguments of their listeners.
 *
 * @example
 * ```ts
 * import { type VariablesEventMap, watchScopedVariables } from '@cycleplatform/internal-api-client/live';
 *
 * const onChanged = (...[name, , before]: VariablesEventMap['changed']) =>
 *   console.log(before === undefined ? `${name} is new` : `${name} has changed`);
 * (await watchScopedVariables()).on('changed', onChanged);
 * ```
 */
export interface VariablesEventMap {
  /** A variable is new (`before` is undefined), or has another value than was known. */
  changed: [name: string, value: string, before: string | undefined];
  /** A variable is not in the answer any more. Its last value stays. */
  vanished: [name: string];
  /** A variable is empty that had a value. Its last value stays. */
  emptied: [name: string];
  /** A list, or notifications, failed. It is tried again. */
  error: [error: Error];
}

/**
 * The scoped variables of the environment, with their last known values. Values are not shown when it is inspected or logged.
 *
 * @example
 * ```ts
 * import { type VariablesWatch, watchScopedVariables } from '@cycleplatform/internal-api-client/live';
 *
 * const variables: VariablesWatch = await watchScopedVariables();
 * console.log(variables.names, variables.has('DATABASE_HOST'), variables.get('DATABASE_HOST'));
 * ```
 */
export interface VariablesWatch extends LivePart {
  /** Names of the variables that are known, those that vanished too. */
  readonly names: string[];
  /** The last value of a variable that was not empty; undefined for one that never was there. */
  get(name: string): string | undefined;
  /** Whether a variable is, or was, there. */
  has(name: string): boolean;
  on<E extends keyof VariablesEventMap>(event: E, listener: (...args: VariablesEventMap[E]) => unknown): this;
  once<E extends keyof VariablesEventMap>(event: E, listener: (...args: VariablesEventMap[E]) => unknown): this;
  off<E extends keyof VariablesEventMap>(event: E, listener: (...args: VariablesEventMap[E]) => unknown): this;
}

/**
 * Follows the scoped variables that this instance may read.
 *
 * @returns the watch, once the variables are there. Calls without an answer are tried again until `signal` aborts.
 * @throws `ERR_CYCLE_VARIABLES_MISSING`, with their names in `missing`; `ERR_CYCLE_API` and `ERR_CYCLE_BAD_ANSWER` for an answer
 *   that does not change by waiting; the signal's reason; and `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or
 *   `ERR_OUT_OF_RANGE` for an option.
 *
 * @example
 * ```ts
 * import { watchScopedVariables } from '@cycleplatform/internal-api-client/live';
 *
 * await using variables = await watchScopedVariables({ required: ['DATABASE_PASSWORD'] });
 * variables.on('changed', (name) => console.log(`${name} has changed`));
 * ```
 */
export declare function watchScopedVariables(options?: VariablesOptions): Promise<VariablesWatch>;

/**
 * Options of {@link watchCertificates}.
 *
 * @example
 * ```ts
 * import { type CertificatesOptions, watchCertificates } from '@cycleplatform/internal-api-client/live';
 *
 * const options: CertificatesOptions = { pollMs: 600_000 };
 * const certificates = await watchCertificates(options);
 * ```
 */
export interface CertificatesOptions extends FollowOptions {}

/**
 * A certificate that is in use. Its private key is not shown.
 *
 * @example
 * ```ts
 * import { type UsedCertificate, watchCertificates } from '@cycleplatform/internal-api-client/live';
 *
 * const days = ({ validTo }: UsedCertificate) => Math.floor((validTo.getTime() - Date.now()) / 86_400_000);
 * const { list } = await watchCertificates();
 * console.log(list.map((one) => `${one.domains.join(' ')}: ${days(one)} days`));
 * ```
 */
export interface UsedCertificate {
  /** Of the platform. */
  readonly id: string;
  /** Its DNS names, in small letters and ASCII; wildcards as `*.example.com`. */
  readonly domains: readonly string[];
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SHA-256, as `AB:CD:...`. */
  readonly fingerprint: string;
  /** The certificate, then those of its issuers, in PEM. */
  readonly cert: string;
}

/**
 * The events of a {@link CertificatesWatch}, with the arguments of their listeners.
 *
 * @example
 * ```ts
 * import { type CertificatesEventMap, watchCertificates } from '@cycleplatform/internal-api-client/live';
 *
 * const onRotated = ({ domains, validTo }: CertificatesEventMap['rotated'][0]) => console.log(domains, validTo);
 * (await watchCertificates()).on('rotated', onRotated);
 * ```
 */
export interface CertificatesEventMap {
  /** Another certificate is in use for these names from now on. */
  rotated: [rotation: { domains: readonly string[]; validTo: Date }];
  /**
   * A certificate cannot be used, or has expired (`ERR_CYCLE_CERTIFICATE`): told once for each. Or a list, or notifications, failed,
   * which is tried again.
   */
  error: [error: Error];
}

/**
 * The certificates of this container. They stay usable after the end. Private keys are not shown when it is inspected or logged.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:tls';
 * import { type CertificatesWatch, watchCertificates } from '@cycleplatform/internal-api-client/live';
 *
 * const certificates: CertificatesWatch = await watchCertificates();
 * const { SNICallback } = certificates;
 * createServer({ ...certificates.default, SNICallback }, (socket) => socket.end('hello')).listen(8443);
 * ```
 */
export interface CertificatesWatch extends LivePart {
  /** Those in use, in the platform's order. */
  readonly list: readonly UsedCertificate[];
  /** What is wrong with certificates of the last list that cannot be used, or have expired (`ERR_CYCLE_CERTIFICATE`). */
  readonly faults: readonly LiveError[];
  /**
   * Key and certificate, both PEM, for clients that ask for no name or for an unknown one: the first valid one of `list`; undefined
   * without any. Inspecting hides the key. An object made of it, such as by `{ ...certificates.default }`, shows it.
   */
  readonly default: { readonly key: string; readonly cert: string } | undefined;
  /** Option `SNICallback` of `node:tls` and `node:https`. It is bound, and shows the default for unknown names. */
  readonly SNICallback: (servername: string, callback: (error: Error | null, context?: SecureContext) => void) => void;
  /** The context for a name, or undefined if no certificate is for it; the default without a name. */
  secureContext(name?: string): SecureContext | undefined;
  on<E extends keyof CertificatesEventMap>(event: E, listener: (...args: CertificatesEventMap[E]) => unknown): this;
  once<E extends keyof CertificatesEventMap>(event: E, listener: (...args: CertificatesEventMap[E]) => unknown): this;
  off<E extends keyof CertificatesEventMap>(event: E, listener: (...args: CertificatesEventMap[E]) => unknown): this;
}

/**
 * Follows the certificates of the container that this instance belongs to.
 *
 * A name keeps its certificate until a valid one takes its place. Lists come by notifications, every `pollMs`, and more often the
 * closer a certificate is to its end: every 720th of the time that is left, but not within a minute.
 *
 * @returns the watch, once the certificates are there. Calls without an answer are tried again until `signal` aborts.
 * @throws `ERR_CYCLE_API` and `ERR_CYCLE_BAD_ANSWER` for an answer that does not change by waiting; the signal's reason; and
 *   `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE` for an option.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:https';
 * import { watchCertificates } from '@cycleplatform/internal-api-client/live';
 *
 * const certificates = await watchCertificates();
 * const { SNICallback } = certificates;
 * const server = createServer({ ...certificates.default, SNICallback }, (_request, response) => response.end('hello'));
 * certificates.on('rotated', () => server.setSecureContext({ ...certificates.default }));
 * server.listen(8443);
 * ```
 */
export declare function watchCertificates(options?: CertificatesOptions): Promise<CertificatesWatch>;
