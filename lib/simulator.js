'use strict';

const { randomBytes } = require('node:crypto');
const { resolve } = require('node:path');
const { startSimulator: start } = require('./native').loadNative();
const { checkMilliseconds, checkTimes, encodeAnswer, invalid } = require('./simulator-answer');
const { declaredProtocol, internalApi } = require('./simulator-declaration');
const exit = require('./simulator-exit');
const { Requests, SimulatedRequest } = require('./simulator-requests');
const { refuseOptions } = require('./unknown-names');

const OPTIONS = ['socketPath', 'port', 'host', 'token', 'latencyMs', 'metadataPath', 'world', 'protocol', 'election'];

/**
 * @typedef {import('../testing').SimulatorOptions} SimulatorOptions
 * @typedef {import('../testing').SimulatedAnswer} SimulatedAnswer
 * @typedef {import('../testing').AnswerFunction} AnswerFunction
 * @typedef {import('../testing').RequestMatch} RequestMatch
 * @typedef {import('../testing').PartialNotification} PartialNotification
 * @typedef {import('../binding.js').NativeSimulator} NativeSimulator
 */

/** A simulated platform that runs until it is closed. */
class Simulator {
  /** @type {NativeSimulator} */
  #native;
  /** @type {Requests} */
  #requests;
  /** @type {import('../binding.js').NativeClosing | undefined} */
  #closing;
  /** @type {Promise<void> | undefined} */
  #closed;
  /** Functions that answer, by rule. @type {Map<number, AnswerFunction>} */
  #functions = new Map();
  /** What waits for a publisher's end. @type {Map<number, (sent: number) => void>} */
  #publishers = new Map();
  /** What waits for connections. @type {Set<() => void>} */
  #watchers = new Set();
  #latencyMs;

  /**
   * @param {NativeSimulator} native
   * @param {{ host: string, latencyMs: number, protocol: object | undefined }} options
   */
  constructor(native, { host, latencyMs, protocol }) {
    this.#native = native;
    this.#requests = new Requests((revision) => native.requestsSince(revision));
    this.#latencyMs = latencyMs;
    this.token = native.token;
    this.socketPath = native.socketPath ?? undefined;
    this.metadataPath = native.metadataPath ?? undefined;
    this.port = native.port ?? undefined;
    this.url = this.port === undefined ? undefined : `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
    /** @type {import('../testing').SimulatorEnvironment} */
    this.env = environment({ ...this, host }, protocol);
  }

  get requests() {
    return this.#requests.list();
  }

  get connections() {
    return this.#native.connections;
  }

  get world() {
    return JSON.parse(this.#native.world());
  }

  get latencyMs() {
    return this.#latencyMs;
  }

  set latencyMs(latencyMs) {
    checkMilliseconds('latencyMs', latencyMs);
    this.#native.setLatency(latencyMs);
    this.#latencyMs = latencyMs;
  }

  /**
   * @param {RequestMatch} match
   * @param {SimulatedAnswer | AnswerFunction} answer
   * @param {{ times?: number }} [options]
   */
  respond(match, answer, options) {
    refuseOptions('respond', options ?? {}, ['times']);
    const matcher = matchText(match);
    const asks = typeof answer === 'function';
    const times = checkTimes(options?.times ?? (asks ? undefined : answer?.times));
    const [text, bytes] = asks ? [] : encodeAnswer(answer);
    const rule = rethrow(() => this.#native.respond(matcher, text, bytes, times));
    if (asks) this.#functions.set(rule, answer);
    const native = this.#native;
    let calls = 0;
    const count = () => {
      calls = native.calls(rule) ?? calls;
      return calls;
    };
    return {
      get calls() {
        return count();
      },
      remove: () => {
        count();
        native.remove(rule);
        this.#functions.delete(rule);
      },
    };
  }

  /** @param {string} instanceId */
  tokenFor(instanceId) {
    const token = `simulated-${randomBytes(12).toString('hex')}`;
    if (!this.#native.addToken(token, String(instanceId))) {
      throw invalid(`the simulated world has no instance ${instanceId}`);
    }
    return token;
  }

  /** @param {number} ms */
  advance(ms) {
    checkMilliseconds('advance', ms);
    this.#native.advance(ms);
  }

  /** @param {PartialNotification | string} message */
  publish(message) {
    if (typeof message === 'string') {
      this.#native.publishText(message);
    } else {
      this.#native.publish(messageText(message));
    }
  }

  /**
   * @param {PartialNotification | string | (PartialNotification | string)[] | ((index: number) => PartialNotification | string)} messages
   * @param {{ perSecond?: number, count?: number }} [options]
   */
  publishEvery(messages, { perSecond = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY, ...unknown } = {}) {
    refuseOptions('publishEvery', unknown, ['perSecond', 'count']);
    if (typeof perSecond !== 'number' || !(perSecond > 0)) {
      throw invalid(`perSecond must be a number above 0, not ${String(perSecond)}`);
    }
    if (count !== Number.POSITIVE_INFINITY && (!Number.isInteger(count) || count < 0)) {
      throw invalid(`count must be a whole number from 0, not ${String(count)}`);
    }
    const list = messageList(messages, count);
    const finite = (/** @type {number} */ value) => (Number.isFinite(value) ? value : undefined);
    this.#assertOpen();
    const native = this.#native;
    const publisher = native.publishEvery(`[${list.join(',')}]`, finite(perSecond), finite(count));
    /** @type {number | undefined} */
    let total;
    const { promise, resolve } = deferred();
    this.#publishers.set(publisher, (sent) => {
      total = sent;
      this.#publishers.delete(publisher);
      resolve(sent);
    });
    return {
      get sent() {
        return total ?? native.published(publisher);
      },
      done: promise,
      stop: () => this.#publishers.get(publisher)?.(native.stopPublisher(publisher)),
    };
  }

  /** @param {{ code?: number, reason?: string, abrupt?: boolean }} [options] */
  disconnect({ code = 1001, reason = '', abrupt = false, ...unknown } = {}) {
    refuseOptions('disconnect', unknown, ['code', 'reason', 'abrupt']);
    if (abrupt) {
      this.#native.dropSockets();
      return;
    }
    if (!Number.isInteger(code) || code < 0 || code > 65535) {
      throw invalid(`a close code is a whole number from 1000 to 4999, not ${String(code)}`);
    }
    rethrow(() => this.#native.disconnect(code, reason));
  }

  /**
   * @param {number} status
   * @param {Omit<SimulatedAnswer, 'status'>} [answer]
   */
  refuse(status, answer) {
    return this.respond('GET /v1/notifications', { ...answer, status });
  }

  /** @param {{ handshakes?: boolean }} [options] */
  goSilent({ handshakes = false, ...unknown } = {}) {
    refuseOptions('goSilent', unknown, ['handshakes']);
    this.#native.goSilent(handshakes);
  }

  resume() {
    this.#native.resume();
  }

  /** @param {Uint8Array} bytes */
  sendRaw(bytes) {
    if (!(bytes instanceof Uint8Array)) throw invalid('sendRaw takes a Uint8Array');
    this.#native.sendRaw(bytes);
  }

  /**
   * @param {number} [count]
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<void>}
   */
  whenConnected(count = 1, { signal, ...unknown } = {}) {
    refuseOptions('whenConnected', unknown, ['signal']);
    return new Promise((resolve, reject) => {
      const settle = (/** @type {() => void} */ outcome) => {
        this.#watchers.delete(check);
        signal?.removeEventListener('abort', abort);
        outcome();
      };
      const abort = () => settle(() => reject(signal?.reason));
      const check = () => {
        if (this.connections >= count) {
          settle(resolve);
        } else if (this.#closed) {
          settle(() => reject(new Error('the simulator was closed before so many sockets were open')));
        }
      };
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      signal?.addEventListener('abort', abort);
      this.#watchers.add(check);
      check();
    });
  }

  /**
   * @param {string} endpoint
   * @param {string | null} error
   */
  fail(endpoint, error) {
    rethrow(() => this.#native.failEndpoint(endpoint, error ?? undefined));
    return this;
  }

  reset() {
    this.#native.reset();
    this.#functions.clear();
  }

  ref() {
    this.#native.ref();
    return this;
  }

  unref() {
    this.#native.unref();
    return this;
  }

  close() {
    this.#closed ??= this.#close()
      .wait()
      .then(() => this.#end());
    return this.#closed;
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  #close() {
    this.#closing ??= this.#native.close();
    return this.#closing;
  }

  /** Ends at once, while the process exits. */
  closeNow() {
    this.#close().waitNow();
  }

  /**
   * Takes what the addon tells.
   *
   * @param {{ current?: Simulator }} holder
   * @param {string} text
   */
  static receive(holder, text) {
    const simulator = holder.current;
    if (!simulator) return;
    for (const event of JSON.parse(text)) simulator.#receive(event);
  }

  /** @param {any} event */
  #receive(event) {
    if (event.type === 'connections') {
      for (const check of this.#watchers) check();
    } else if (event.type === 'published') {
      this.#publishers.get(event.publisher)?.(this.#native.stopPublisher(event.publisher));
    } else if (event.type === 'question') {
      this.#answer(event);
    }
  }

  /** @param {{ question: number, rule: number, request: any }} event */
  async #answer({ question, rule, request }) {
    try {
      const answer = await this.#functions.get(rule)?.(new SimulatedRequest(request));
      const [text, bytes] = answer === undefined ? [] : encodeAnswer(answer);
      this.#native.answer(question, text, bytes);
    } catch (error) {
      this.#native.fail(
        question,
        `the function that answers failed: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  #end() {
    exit.forget(this);
    for (const [publisher, done] of this.#publishers) done(this.#native.stopPublisher(publisher));
    for (const check of this.#watchers) check();
  }

  #assertOpen() {
    if (this.#closed) {
      throw Object.assign(new Error('the simulator is closed'), { code: 'ERR_CYCLE_CLOSED' });
    }
  }
}

/**
 * The variables by which a program finds a simulator.
 *
 * @param {{ token: string, socketPath?: string, metadataPath?: string, host: string, port?: number }} place
 * @param {object | undefined} protocol
 * @returns {import('../testing').SimulatorEnvironment}
 */
function environment({ token, socketPath, metadataPath, host, port }, protocol) {
  /** @type {Record<string, string | number | undefined>} */
  const values = {};
  if (protocol === undefined) {
    Object.assign(values, { CYCLE_API_TOKEN: token, CYCLE_API_SOCKET: socketPath, CYCLE_METADATA_PATH: metadataPath });
  } else {
    const { description } = require('./protocol').definitionOf(protocol);
    const known = { [description.credentialParam]: token, 'socket-path': socketPath, host: port && host, port };
    for (const { name, env } of description.options) {
      if (env !== null) values[env] = /** @type {Record<string, string | number | undefined>} */ (known)[name];
    }
  }
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return /** @type {any} */ (Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
}

/** @returns {{ promise: Promise<number>, resolve: (sent: number) => void }} */
function deferred() {
  /** @type {(sent: number) => void} */
  let resolve = () => {};
  const promise = new Promise((/** @type {(sent: number) => void} */ settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** @param {RequestMatch} match */
function matchText(match) {
  if (typeof match === 'string') return match;
  if (match && typeof match === 'object') {
    refuseOptions('a match', match, ['operationId', 'path', 'method']);
    if ('operationId' in match) return String(match.operationId);
    if ('path' in match) return match.method === undefined ? match.path : `${match.method} ${match.path}`;
  }
  throw invalid('a match is an operationId, a path, "METHOD /path", { method, path } or { operationId }');
}

/** @param {unknown} message */
function messageText(message) {
  const text = JSON.stringify(message);
  if (text === undefined) throw invalid(`a message must be an object or a text, not ${typeof message}`);
  return text;
}

/**
 * @param {unknown} messages
 * @param {number} count
 */
function messageList(messages, count) {
  if (typeof messages === 'function') {
    if (!Number.isFinite(count)) throw invalid('a function that makes messages needs a finite count');
    return Array.from({ length: count }, (_, index) => messageText(messages(index)));
  }
  const list = [messages].flat();
  if (list.length === 0) throw invalid('there is no message to publish');
  return list.map(messageText);
}

/**
 * Runs a call of the addon; what it refuses comes as a TypeError.
 *
 * @template T
 * @param {() => T} run
 * @returns {T}
 */
function rethrow(run) {
  try {
    return run();
  } catch (error) {
    throw error instanceof Error ? invalid(error.message) : error;
  }
}

/**
 * Starts a simulated platform.
 *
 * @param {SimulatorOptions} [options]
 * @returns {Promise<import('../testing').Simulator>}
 */
async function startSimulator(options = {}) {
  refuseOptions('startSimulator', options, OPTIONS);
  refuseOptions('election of startSimulator', options.election ?? {}, ['enabled', 'deadlineMs']);
  const { socketPath, host = '127.0.0.1', port, latencyMs = 0, metadataPath, world, election, protocol } = options;
  if (socketPath !== undefined && port !== undefined) {
    throw invalid('a simulator listens on a socketPath or on a port, not on both');
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) {
    throw invalid(`port must be a whole number from 0 to 65535, not ${String(port)}`);
  }
  checkMilliseconds('latencyMs', latencyMs);
  if (election?.deadlineMs !== undefined) checkMilliseconds('election.deadlineMs', election.deadlineMs);
  if (protocol !== undefined && (world !== undefined || election !== undefined || metadataPath !== undefined)) {
    throw invalid('a protocol has neither a world, nor elections, nor metadata');
  }
  const declaration = protocol === undefined ? internalApi() : declaredProtocol(protocol);
  const token = options.token ?? (protocol && `simulated-${randomBytes(12).toString('hex')}`);
  if (typeof world === 'function') {
    const made = JSON.parse(declaration.fixtures);
    declaration.fixtures = JSON.stringify(world(made) ?? made);
  }
  /** @type {{ current?: Simulator }} */
  const holder = {};
  const started = await start(
    {
      ...declaration,
      world: world === undefined || typeof world === 'function' ? undefined : JSON.stringify(world),
      socketPath: socketPath === undefined ? undefined : resolve(socketPath),
      host,
      port,
      metadataPath: metadataPath === undefined ? undefined : resolve(metadataPath),
      token,
      latencyMs,
      elections: election?.enabled,
      electionDeadlineMs: election?.deadlineMs,
    },
    (text) => Simulator.receive(holder, String(text)),
  );
  if ('message' in started) {
    const { code, message } = started;
    throw Object.assign(new Error(`The simulator did not start: ${message}.`), { code });
  }
  const simulator = new Simulator(started, { host, latencyMs, protocol });
  holder.current = simulator;
  exit.watch(simulator);
  return simulator;
}

module.exports = { startSimulator };
