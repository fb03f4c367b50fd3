import { isMissing } from '../bridge/addon-missing.mjs';
import { TransportError } from '../errors.mjs';
import { invalidArgument } from '../invalid-argument.mjs';
import { NativePromise, parseJson, stringifyJson } from '../natives.mjs';
import { isSignal } from '../signal.mjs';
import { refuseOptions } from '../unknown-names.mjs';
import { ProtocolCall } from './call.mjs';
import { definitionOf } from './definition.mjs';
import { ProtocolError } from './error.mjs';
import { paramsToJson } from './params.mjs';
import { addressText, Servers } from './servers.mjs';
import {
  checkConnection,
  checkedLimits,
  checkedTimeout,
  checkOptions,
  environmentSettings,
  readSettings,
  settingsToJson,
} from './settings.mjs';

const { nextTick } = process;

/** Default time limit of a call, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * @typedef {import('./definition.mjs').DefinedProtocol} DefinedProtocol
 * @typedef {import('./definition.mjs').CommandDescription} CommandDescription
 * @typedef {Record<string, unknown>} Params
 * @typedef {import('./settings.mjs').Variable} Variable
 * @typedef {{ signal?: AbortSignal, timeoutMs?: number }} CallOptions
 */

/**
 * Makes a client of a protocol. Documented in `protocol.d.ts`.
 *
 * @param {object} protocol
 * @param {Params} [options]
 */
function createProtocolClient(protocol, options = {}) {
  checkOptions('createProtocolClient', options);
  const caller = new ProtocolCaller(definitionOf(protocol), options);
  /** @type {Record<string | symbol, unknown>} */
  const client = {};
  // Uses the declaration, because the description may need the addon. Both have the endpoints in the same order.
  const { global: _, ...groups } = /** @type {Record<string, any>} */ (protocol);
  let number = 0;
  for (const [group, endpoints] of Object.entries(groups)) {
    /** @type {Record<string, unknown>} */
    const functions = {};
    for (const [endpoint, declared] of Object.entries(endpoints ?? {})) {
      if (declared !== undefined) {
        expose(functions, endpoint, createFunction(caller, number, `${group}.${endpoint}`, declared.description));
        number += 1;
      }
    }
    expose(client, group, Object.freeze(functions));
  }
  const close = () => caller.close();
  Object.defineProperty(client, 'close', { value: close });
  Object.defineProperty(client, Symbol.asyncDispose, { value: close });
  return Object.freeze(client);
}

/**
 * Sets a property. For a name with dashes, sets one that is easier to write as well: `objectCache` for `object-cache`.
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
 * @param {number} number number of the endpoint
 * @param {string} name
 * @param {string} description
 */
function createFunction(caller, number, name, description) {
  /**
   * @param {unknown} [params]
   * @param {unknown} [options]
   * @param {unknown} [callback]
   */
  function call(params, options, callback) {
    const done = [params, options, callback].find((value) => typeof value === 'function');
    const given = typeof params === 'function' ? undefined : params;
    const callOptions = typeof options === 'function' ? undefined : options;
    const result = caller.call(number, given, /** @type {CallOptions | undefined} */ (callOptions));
    if (done === undefined) {
      return result;
    }
    // Called in `nextTick`, so that an error that the callback throws is an uncaught exception and not a rejection.
    result.then(
      (results) => nextTick(/** @type {(...results: unknown[]) => void} */ (done), null, results),
      (error) => nextTick(/** @type {(...results: unknown[]) => void} */ (done), error),
    );
    return undefined;
  }
  return Object.defineProperties(call, { name: { value: name }, __doc__: { value: description } });
}

/** Calls of one protocol with one set of options. */
class ProtocolCaller {
  definition;
  #settings;
  /** Set when the settings are checked. @type {import('../../binding-tools.js').ProtocolCaller | undefined} */
  #native;
  #timeoutMs;
  #servers;
  /** The global params that environment variables can give, with the last values of these. @type {Variable[]} */
  #variables = [];
  #inFlight = 0;
  /** @type {Promise<void> | undefined} */
  #closed;
  #onIdle = () => {};

  /**
   * @param {DefinedProtocol} definition
   * @param {Params} options
   */
  constructor(definition, options) {
    this.definition = definition;
    const { timeoutMs, maxConnections, maxResponseBytes, ...settings } = options;
    this.#timeoutMs = checkedTimeout(timeoutMs) ?? DEFAULT_TIMEOUT_MS;
    this.#settings = settings;
    this.#servers = new Servers(checkedLimits({ maxConnections, maxResponseBytes }));
    try {
      this.#caller;
    } catch (error) {
      // The calls report the error. Each tries to load the addon again.
      if (!isMissing(error)) {
        throw error;
      }
    }
  }

  /** @throws when an option is invalid, or the addon is missing */
  get #caller() {
    if (this.#native === undefined) {
      const { definition } = this;
      const settings = readSettings(definition, this.#settings);
      const json = settingsToJson(settings);
      checkConnection(definition, settings);
      const given = definition.description.options.filter(({ env }) => env !== null);
      this.#variables = given.map((option) => ({ option, text: undefined }));
      this.#native = definition.engine.caller(json);
    }
    return this.#native;
  }

  /**
   * @param {number} number number of the endpoint
   * @param {unknown} params
   * @param {CallOptions | null} [options]
   * @returns {Promise<any>}
   */
  call(number, params, options) {
    return new NativePromise((resolve) => {
      this.#begin(number, params, options ?? {}, resolve, false);
    });
  }

  /**
   * As {@link call}, with the texts to show before and after the results.
   *
   * @param {Pick<CommandDescription, 'endpoint'>} command
   * @param {unknown} params
   * @param {CallOptions & { onRequest?: (msg: string) => void }} options
   * @returns {Promise<{ results: any, messages: [string, string] }>}
   */
  async callForMessages(command, params, { onRequest, ...options }) {
    const { commands } = this.definition.description;
    const number = commands.findIndex(({ endpoint }) => endpoint.join('.') === command.endpoint.join('.'));
    /** @type {any} */
    let description;
    const results = await new NativePromise((resolve) => {
      description = this.#begin(number, params, options, resolve, true);
      onRequest?.(description.request.msg);
    });
    return { results, messages: description.messages };
  }

  /**
   * Begins a call. Throws if the request cannot be sent.
   *
   * @param {number} number
   * @param {unknown} params
   * @param {CallOptions} options
   * @param {(results: unknown) => void} resolve
   * @param {boolean} describes whether to return a description of the request
   * @returns the description, or undefined
   */
  #begin(number, params, options, resolve, describes) {
    const caller = this.#caller;
    const { endpoint, method } = this.definition.description.commands[number];
    const name = endpoint.join('.');
    checkOptions(name, options);
    const { signal = null, timeoutMs, ...unknown } = options;
    refuseOptions(name, unknown, ['signal', 'timeoutMs']);
    const limit = checkedTimeout(timeoutMs) ?? this.#timeoutMs;
    if (signal !== null && !isSignal(signal)) {
      throw invalidArgument(`${name}: signal is not an AbortSignal`);
    }
    const given = paramsToJson(this.definition, endpoint, params);
    // Checked here because getters and toJSON of the params may abort the call or close the client.
    if (signal?.aborted) {
      throw signal.reason;
    }
    this.#readEnvironment();
    let client = (this.#closed ? undefined : this.#servers.current) ?? this.#serverOf(number, given);
    for (;;) {
      const call = new ProtocolCall(this, client, { number, method, given }, signal, resolve);
      const description = this.#try(number, given, () =>
        client.callEndpoint(call, caller, number, given, limit, describes),
      );
      if (description === null || description.begun) {
        this.#inFlight += 1;
        call.begun();
        return description;
      }
      client = this.#at(number, given, requestOf(description));
    }
  }

  /**
   * Gives the native client for the server of a call.
   *
   * @param {number} number
   * @param {string | undefined} given
   */
  #serverOf(number, given) {
    const request = requestOf(parseJson(this.#caller.request(number, given)));
    if (this.#closed) {
      const detail = { code: 'ERR_CYCLE_CLOSED', detail: 'the client is closed', hint: 'Make a new one' };
      const { method, target, address } = request;
      const error = new TransportError(detail, { method, path: target, socketPath: addressText(address) });
      throw this.unanswered(number, given, error);
    }
    return this.#at(number, given, request);
  }

  /**
   * @param {number} number
   * @param {string | undefined} given
   * @param {{ address: import('./servers.mjs').Address }} request
   */
  #at(number, given, { address }) {
    return this.#try(number, given, () => this.#servers.at(address));
  }

  /**
   * @template T
   * @param {number} number
   * @param {string | undefined} given
   * @param {() => T} attempt
   * @returns {T}
   */
  #try(number, given, attempt) {
    try {
      return attempt();
    } catch (error) {
      throw this.unanswered(number, given, error);
    }
  }

  /** Reads the environment variables for global params. This is done for each call. */
  #readEnvironment() {
    let changed = false;
    for (const variable of this.#variables) {
      const text = process.env[/** @type {string} */ (variable.option.env)];
      changed ||= text !== variable.text;
      variable.text = text;
    }
    if (changed) {
      this.#caller.setEnvironment(stringifyJson(environmentSettings(this.#variables)));
    }
  }

  /** Called when a call has settled. */
  settled() {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) {
      this.#onIdle();
    }
  }

  /**
   * Gives the results in the body of an answer.
   *
   * @param {any} body
   * @param {boolean} parsed
   */
  results(body, parsed) {
    return resultsOf(body, parsed, this.definition.description.resultsKey);
  }

  /**
   * Makes the error for a call without an answer, when native code has not made it.
   *
   * @param {number} number
   * @param {string | undefined} given
   * @param {any} error
   */
  unanswered(number, given, error) {
    const reason = error?.detail ?? error?.message ?? String(error);
    return new ProtocolError(parseJson(this.#caller.unanswered(number, given, reason)), error);
  }

  /** Takes no more calls, waits for those in flight, then closes the connections. */
  close() {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close() {
    if (this.#inFlight > 0) {
      await new NativePromise((resolve) => {
        this.#onIdle = () => resolve(undefined);
      });
    }
    this.#servers.close();
  }
}

/**
 * Gives the request of a call that has not begun, or throws the error in its description.
 *
 * @param {{ request: any, failure?: import('./error.mjs').Failure }} description
 */
function requestOf({ request, failure }) {
  if (failure) {
    throw new ProtocolError(failure);
  }
  return request;
}

/**
 * @param {any} body
 * @param {boolean} parsed
 * @param {string | null} key
 */
function resultsOf(body, parsed, key) {
  if (body === '' && !parsed) {
    return undefined;
  }
  let results = body;
  if (!parsed) {
    try {
      results = parseJson(body);
    } catch {
      return body;
    }
  }
  if (key === null) {
    return results;
  }
  return typeof results === 'object' && results !== null ? results[key] : results;
}

export { createProtocolClient, ProtocolCaller };
