import { isMissing } from '../bridge/addon-missing.mjs';
import { UNANSWERED_REFUSED, UNANSWERED_TIMEOUT } from '../bridge/wire.mjs';
import { refuseOptions, suggestion } from '../unknown-names.mjs';
import { definitionOf } from './definition.mjs';
import { ProtocolError } from './error.mjs';
import { Exchanger } from './exchange.mjs';

// As they are now: a program or its test runner may replace them later.
const { parse: parseJson } = JSON;
const { nextTick } = process;

/** Limit on a call in milliseconds, unless given. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** The longest delay that a timer of Node takes. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Codes of transport errors that mean that nobody takes connections. */
const REFUSED = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES']);
/** Codes of transport errors that mean that nobody answered. */
const TIMED_OUT = new Set(['ERR_CYCLE_TIMEOUT', 'ERR_CYCLE_HEADERS_TIMEOUT', 'ERR_CYCLE_BODY_TIMEOUT', 'ETIMEDOUT']);

/**
 * @typedef {import('./definition.mjs').DefinedProtocol} DefinedProtocol
 * @typedef {import('./definition.mjs').CommandDescription} CommandDescription
 * @typedef {Record<string, unknown>} Params
 * @typedef {{ signal?: AbortSignal, timeoutMs?: number }} CallOptions
 */

/**
 * Makes a client of a protocol. The documentation is in `protocol.d.ts`.
 *
 * @param {object} protocol
 * @param {Params} [options]
 */
function createProtocolClient(protocol, options = {}) {
  const caller = new ProtocolCaller(definitionOf(protocol), options);
  /** @type {Record<string | symbol, unknown>} */
  const client = {};
  // Not from the description: without the addon there may be none.
  const { global: _, ...groups } = /** @type {Record<string, any>} */ (protocol);
  for (const [group, endpoints] of Object.entries(groups)) {
    /** @type {Record<string, unknown>} */
    const functions = {};
    for (const [endpoint, declared] of Object.entries(endpoints ?? {})) {
      const command = {
        endpoint: /** @type {[string, string]} */ ([group, endpoint]),
        description: declared?.description,
      };
      expose(functions, endpoint, createFunction(caller, command));
    }
    expose(client, group, Object.freeze(functions));
  }
  const close = () => caller.close();
  Object.defineProperty(client, 'close', { value: close });
  Object.defineProperty(client, Symbol.asyncDispose, { value: close });
  return Object.freeze(client);
}

/**
 * Sets a property, and one that is easier to write when the name has dashes: `objectCache` for `object-cache`.
 *
 * @param {Record<string | symbol, unknown>} target
 * @param {string} name
 * @param {unknown} value
 */
function expose(target, name, value) {
  Object.defineProperty(target, name, { value, enumerable: true });
  const camel = name.replace(/-+([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase());
  if (!Object.hasOwn(target, camel)) {
    Object.defineProperty(target, camel, { value, configurable: true });
  }
}

/**
 * @param {ProtocolCaller} caller
 * @param {Pick<CommandDescription, 'endpoint' | 'description'>} command
 */
function createFunction(caller, command) {
  /**
   * @param {unknown} [params]
   * @param {unknown} [options]
   * @param {unknown} [callback]
   */
  function call(params, options, callback) {
    const done = [params, options, callback].find((value) => typeof value === 'function');
    const given = typeof params === 'function' ? undefined : params;
    const callOptions = typeof options === 'function' ? undefined : options;
    const result = caller.call(command, given, /** @type {CallOptions | undefined} */ (callOptions));
    if (done === undefined) {
      return result;
    }
    // What the callback throws is no rejection: it goes where exceptions of callbacks go.
    result.then(
      (results) => nextTick(/** @type {(...results: unknown[]) => void} */ (done), null, results),
      (error) => nextTick(/** @type {(...results: unknown[]) => void} */ (done), error),
    );
    return undefined;
  }
  const name = command.endpoint.join('.');
  return Object.defineProperties(call, { name: { value: name }, __doc__: { value: command.description } });
}

/** Calls of one protocol with one set of options. */
class ProtocolCaller {
  definition;
  #settings;
  /** The settings by the names of global params, once they are checked. @type {Params | undefined} */
  #options;
  #timeoutMs;
  #exchanger;

  /**
   * @param {DefinedProtocol} definition
   * @param {Params} options
   */
  constructor(definition, options) {
    this.definition = definition;
    const { timeoutMs, maxConnections, maxResponseBytes, ...settings } = options;
    this.#timeoutMs = checkedTimeout(timeoutMs) ?? DEFAULT_TIMEOUT_MS;
    this.#settings = settings;
    this.#exchanger = new Exchanger(/** @type {any} */ ({ maxConnections, maxResponseBytes }));
    try {
      this.#readOptions();
    } catch (error) {
      // It is the calls that fail: each tries again.
      if (!isMissing(error)) {
        throw error;
      }
    }
  }

  /** @throws where an option does not hold, or the addon is missing */
  #readOptions() {
    if (this.#options === undefined) {
      const options = readSettings(this.definition, this.#settings);
      checkConnection(this.definition, options);
      this.#options = options;
    }
    return this.#options;
  }

  /**
   * @param {Pick<CommandDescription, 'endpoint'>} command
   * @param {unknown} params
   * @param {CallOptions} [options]
   */
  async call(command, params, options = {}) {
    return (await this.callForMessages(command, params, options)).results;
  }

  /**
   * As {@link call}, with what to tell people around the results.
   *
   * @param {Pick<CommandDescription, 'endpoint'>} command
   * @param {unknown} params
   * @param {CallOptions & { onRequest?: (msg: string) => void }} options
   * @returns {Promise<{ results: any, messages: () => [string, string] }>}
   */
  async callForMessages({ endpoint: [group, endpoint] }, params, { signal, timeoutMs, onRequest, ...unknown }) {
    refuseOptions(`${group}.${endpoint}`, unknown, ['signal', 'timeoutMs']);
    const limit = checkedTimeout(timeoutMs) ?? this.#timeoutMs;
    signal?.throwIfAborted();
    const options = this.#readOptions();
    const { engine, description } = this.definition;
    const given = this.#toJson(group, endpoint, params);
    const settings = JSON.stringify([options, environmentSettings(this.definition, options, params)]);
    const { request, failure } = parseJson(engine.prepare(group, endpoint, given, settings));
    if (failure) {
      throw new ProtocolError(failure);
    }
    onRequest?.(request.msg);
    let answer;
    try {
      answer = await this.#exchanger.exchange(request, { timeoutMs: limit, signal });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) {
        throw error;
      }
      throw unanswered(error, (fault, reason) => engine.unanswered(group, endpoint, given, settings, fault, reason));
    }
    const { status, body } = answer;
    const judged = engine.judge(group, endpoint, given, settings, status, body);
    if (judged !== null) {
      throw answeredFailure(parseJson(judged), request, status);
    }
    return {
      results: resultsOf(body, description.resultsKey),
      messages: () => parseJson(engine.successMessage(group, endpoint, given, settings)),
    };
  }

  close() {
    return this.#exchanger.close();
  }

  /**
   * The params of a call as JSON.
   *
   * @param {string} group
   * @param {string} endpoint
   * @param {unknown} params
   */
  #toJson(group, endpoint, params) {
    /** @param {string} reason @param {unknown} [cause] */
    const refuse = (reason, cause) =>
      new ProtocolError(parseJson(this.definition.engine.unreadable(group, endpoint, reason)), cause);
    if (params === undefined || params === null) {
      return '{}';
    }
    if (typeof params !== 'object' || Array.isArray(params)) {
      throw refuse(`params are one Object, not ${Array.isArray(params) ? 'an Array' : `a ${typeof params}`}`);
    }
    let json;
    try {
      json = JSON.stringify(params, refuseLosses);
    } catch (error) {
      throw refuse(`they cannot be sent as JSON: ${/** @type {Error} */ (error).message}`, error);
    }
    // A surrogate without its partner is escaped by JSON.stringify and means nothing to anyone.
    if (/\\ud[89a-f]/.test(json) && !isWellFormed(parseJson(json))) {
      throw refuse('they hold text that is not valid Unicode');
    }
    return json;
  }
}

/**
 * Values that JSON would quietly change are refused.
 *
 * @param {string} key
 * @param {unknown} value
 */
function refuseLosses(key, value) {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${key} is ${value}, which is not a finite number`);
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`${key} is a ${typeof value}`);
  }
  return value;
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isWellFormed(value) {
  if (typeof value === 'string') {
    return !/\p{Surrogate}/u.test(value);
  }
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  return Object.entries(value).every(([key, inner]) => isWellFormed(key) && isWellFormed(inner));
}

/**
 * @param {any} error
 * @param {(fault: string, reason: string) => string} describe
 */
function unanswered(error, describe) {
  const code = error?.code;
  const fault = TIMED_OUT.has(code) ? UNANSWERED_TIMEOUT : REFUSED.has(code) ? UNANSWERED_REFUSED : 'other';
  return new ProtocolError(parseJson(describe(fault, error?.detail ?? error?.message ?? String(error))), error);
}

/**
 * @param {import('./error.mjs').Failure} failure
 * @param {{ method: string, target: string }} request
 * @param {number} status
 */
function answeredFailure(failure, { method, target }, status) {
  const cause = new Error(`${method} ${target} was answered with status ${status}`);
  return new ProtocolError(failure, cause);
}

/**
 * @param {string} body
 * @param {string | null} key
 */
function resultsOf(body, key) {
  if (body === '') {
    return undefined;
  }
  let results;
  try {
    results = parseJson(body);
  } catch {
    return body;
  }
  if (key === null) {
    return results;
  }
  return typeof results === 'object' && results !== null ? results[key] : results;
}

/**
 * The options of a client by the names of global params: `apiKey` and `token` are the credential, `socketPath` is
 * `socket-path`, other global params have their declared names.
 *
 * @param {DefinedProtocol} definition
 * @param {Params} options
 */
function readSettings({ description: { credentialParam, options: params } }, options) {
  /** @type {Params} */
  const settings = {};
  /** @type {Record<string, string>} */
  const names = { apiKey: credentialParam, token: credentialParam, socketPath: 'socket-path' };
  const known = new Set(params.map(({ name }) => name));
  for (const [option, value] of Object.entries(options)) {
    const name = Object.hasOwn(names, option) ? names[option] : option;
    if (!known.has(name)) {
      const all = new Set([...Object.keys(names), ...known, 'timeoutMs', 'maxConnections', 'maxResponseBytes']);
      throw new TypeError(`createProtocolClient has no option ${option}: ${suggestion(option, [...all])}`);
    }
    if (value !== undefined && Object.hasOwn(settings, name)) {
      throw new TypeError(`createProtocolClient: ${option} is given twice under different names`);
    }
    if (value !== undefined) {
      settings[name] = value;
    }
  }
  return settings;
}

/**
 * @param {DefinedProtocol} definition
 * @param {Params} settings
 */
function checkConnection({ engine }, settings) {
  const { host, port, 'socket-path': socketPath } = settings;
  const fault = engine.checkConnection(JSON.stringify({ host, port, 'socket-path': socketPath }));
  if (fault !== null) {
    const error = new TypeError(`createProtocolClient: ${fault.join(' ')}`);
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
  }
}

/**
 * What the environment says about global params, read for each call. Where the server is, is said in one place:
 * options or params that name a host make a socket of the environment moot, and the other way round.
 *
 * @param {DefinedProtocol} definition
 * @param {Params} options
 * @param {unknown} params
 */
function environmentSettings({ description }, options, params) {
  /** @type {Params} */
  const settings = {};
  const given = { ...options, ...(typeof params === 'object' ? params : undefined) };
  for (const { name, env, type } of description.options) {
    const text = env === null ? undefined : process.env[env];
    const moot =
      (name === 'socket-path' && 'host' in given) || ((name === 'host' || name === 'port') && 'socket-path' in given);
    if (text && !moot) {
      settings[name] = type === 'Number' && name !== 'port' && text.trim() !== '' ? Number(text) : text;
    }
  }
  return settings;
}

/** @param {unknown} value */
function checkedTimeout(value) {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !(value >= 0 && (value <= LONGEST_TIMEOUT_MS || value === Infinity))) {
    const error = new RangeError(
      `timeoutMs must be a number from 0 (no limit) to ${LONGEST_TIMEOUT_MS}, not ${String(value)}`,
    );
    throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
  }
  return value === Infinity ? 0 : value;
}

export { createProtocolClient, ProtocolCaller };
