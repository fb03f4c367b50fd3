import { invalidArgument, wrongType } from '../invalid-argument.mjs';
import { call, unexpected } from './call.mjs';
import { milliseconds } from './duration.mjs';
import { AnswerError, timedOut } from './error.mjs';
import { withLimit } from './limit.mjs';
import { checkOptions, clientOf } from './options.mjs';
import { Shared } from './shared.mjs';
import { Timers } from './timers.mjs';

const OPTIONS = ['scope', 'expires', 'onError'];

const SCOPES = ['global', 'environment', 'container', 'instance'];

const PATH = '/v1/object-cache';

/** How long the cache may take for an answer, in milliseconds. A value is made without it then. */
const PATIENCE = 5000;

/**
 * What is being read or made now, by what the calls have in common. A client that was given is one of these things.
 *
 * @type {Map<string, Shared>}
 */
const shared = new Map();

/** Numbers of the clients that were given. @type {WeakMap<object, number>} */
const clients = new WeakMap();
let clientCount = 0;

/**
 * Reads a cached value, or makes it and stores it. Documented in `live.d.ts`.
 *
 * @param {any} key
 * @param {any} options
 * @param {any} make
 * @returns {Promise<string>}
 */
async function remember(key, options, make) {
  if (typeof key !== 'string' || key === '') {
    throw wrongType('remember: the key must be a string that is not empty');
  }
  checkOptions('remember', options, OPTIONS);
  const { scope, expires, onError = () => {}, signal } = options;
  if (!SCOPES.includes(scope)) {
    throw invalidArgument(`remember: \`scope\` must be one of ${SCOPES.join(', ')}`);
  }
  if (!milliseconds(expires)) {
    throw invalidArgument('remember: `expires` must be a duration such as `30s` or `1h30m`, and not zero');
  }
  if (typeof onError !== 'function' || typeof make !== 'function') {
    throw wrongType(
      `remember: ${typeof make === 'function' ? '`onError`' : 'what makes the value'} must be a function`,
    );
  }
  signal?.throwIfAborted();
  const name = nameOf(options, scope, key);
  let one = shared.get(name);
  if (!one) {
    const { client, release } = clientOf(options);
    const added = new Shared(
      (given) => readOrMake({ client, scope, key, expires, onError, signal: given }, make).finally(release),
      () => shared.get(name) === added && shared.delete(name),
    );
    shared.set(name, added);
    one = added;
  }
  return one.wait(signal);
}

/**
 * A name for what is shared: the same for calls that read and make the same value over the same access.
 *
 * @param {{ client?: any, socketPath?: string, token?: string }} options
 * @param {string} scope
 * @param {string} key
 */
function nameOf({ client, socketPath, token }, scope, key) {
  if (client && !clients.has(client)) {
    clientCount += 1;
    clients.set(client, clientCount);
  }
  const { CYCLE_API_SOCKET, CYCLE_API_TOKEN } = process.env;
  const access = client ? [clients.get(client)] : [socketPath ?? CYCLE_API_SOCKET, token ?? CYCLE_API_TOKEN];
  return JSON.stringify([...access, scope, key]);
}

/**
 * @param {{ client: any, scope: string, key: string, expires: string, onError: (error: unknown) => void, signal: AbortSignal }} entry
 * @param {(context: { signal: AbortSignal }) => unknown} make
 * @returns {Promise<string>}
 */
async function readOrMake({ client, scope, key, expires, onError, signal }, make) {
  const stored = await ask(onError, signal, (limited) => read(client, { scope, key }, limited));
  if (stored !== undefined) {
    return stored;
  }
  const value = await make({ signal });
  if (typeof value !== 'string') {
    throw wrongType('remember: what makes the value must give a string; use JSON.stringify for anything else');
  }
  const body = { scope, key, value, expires };
  await ask(onError, signal, (limited) => call(client, 'POST', PATH, { body, signal: limited }));
  return value;
}

/**
 * Asks the cache. What fails is reported, and does not stop the program.
 *
 * @template T
 * @param {(error: unknown) => void} onError
 * @param {AbortSignal} signal
 * @param {(signal: AbortSignal) => Promise<T>} run
 * @returns {Promise<T | undefined>}
 */
async function ask(onError, signal, run) {
  const limit = { milliseconds: PATIENCE, reason: () => timedOut(`The call of ${PATH}`, PATIENCE), signal };
  try {
    return await withLimit(new Timers(), limit, run);
  } catch (error) {
    signal.throwIfAborted();
    if (/** @type {any} */ (error)?.code === 'ERR_CYCLE_CLOSED') {
      throw error;
    }
    onError(error);
    return undefined;
  }
}

/**
 * @param {any} client
 * @param {{ scope: string, key: string }} query
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} undefined when nothing is stored
 */
async function read(client, query, signal) {
  try {
    const entry = await call(client, 'GET', PATH, { params: { query }, signal });
    if (typeof entry?.value !== 'string') {
      throw unexpected('GET', PATH, '`value` is no string');
    }
    return entry.value;
  } catch (error) {
    if (error instanceof AnswerError && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}

export { remember };
