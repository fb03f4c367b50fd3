import { randomBytes } from 'node:crypto';
import { SIMULATOR_CONNECTIONS, SIMULATOR_PUBLISHED, SIMULATOR_QUESTION } from '../bridge/wire.mjs';
import { invalidArgument } from '../invalid-argument.mjs';
import { refuseOptions } from '../unknown-names.mjs';
import { checkMilliseconds, checkTimes, encodeAnswer } from './answer.mjs';
import { environment } from './environment.mjs';
import * as exit from './exit.mjs';
import { matchText, messageList, messageText } from './messages.mjs';
import { checkObject, checkScopes, checkToken, madeWorld, worldText } from './options.mjs';
import { Requests, SimulatedRequest } from './requests.mjs';

/**
 * @typedef {import('../../testing.js').SimulatedAnswer} SimulatedAnswer
 * @typedef {import('../../testing.js').AnswerFunction} AnswerFunction
 * @typedef {import('../../testing.js').RequestMatch} RequestMatch
 * @typedef {import('../../testing.js').PartialNotification} PartialNotification
 * @typedef {import('../../testing.js').WorldChange} WorldChange
 * @typedef {import('../../binding-tools.js').NativeSimulator} NativeSimulator
 */

/** A simulated platform that runs until it is closed. */
class Simulator {
  /** @type {NativeSimulator} */
  #native;
  /** @type {Requests} */
  #requests;
  /** @type {import('../../binding-tools.js').NativeClosing | undefined} */
  #closing;
  /** @type {Promise<void> | undefined} */
  #closed;
  /** The functions that give answers, by number of the rule. @type {Map<number, AnswerFunction>} */
  #functions = new Map();
  /** Called when a publisher ends, by its number. @type {Map<number, (sent: number) => void>} */
  #publishers = new Map();
  /** Called when the number of connections changes. @type {Set<() => void>} */
  #watchers = new Set();
  #latencyMs;
  #host;
  #protocol;

  /**
   * @param {NativeSimulator} native
   * @param {{ host: string, latencyMs: number, protocol: object | undefined }} options
   */
  constructor(native, { host, latencyMs, protocol }) {
    this.#native = native;
    this.#requests = new Requests((revision) => native.requestsSince(revision));
    this.#latencyMs = latencyMs;
    this.#host = host;
    this.#protocol = protocol;
    this.token = native.token;
    this.socketPath = native.socketPath ?? undefined;
    this.metadataPath = native.metadataPath ?? undefined;
    this.port = native.port ?? undefined;
    this.url = this.port === undefined ? undefined : `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** @returns {import('../../testing.js').SimulatorEnvironment} */
  get env() {
    return environment({ ...this, host: this.#host }, JSON.parse(this.#native.variables()), this.#protocol);
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
      throw invalidArgument(`the simulated world has no instance ${instanceId}`);
    }
    return token;
  }

  /** @param {WorldChange} change */
  update(change) {
    this.#assertInternalApi('world');
    const native = this.#native;
    if (typeof change !== 'function') {
      checkObject('update takes an object or a function', change);
      rethrow(() => native.mergeWorld(worldText('the change', change)));
      return;
    }
    // A request may change the world while the function runs. Then the function gets the newer one.
    for (let replaced = false; !replaced; ) {
      const before = native.world();
      const after = madeWorld('for update', change, before);
      replaced = rethrow(() => native.replaceWorld(before, after));
    }
  }

  /** @param {string} token */
  setToken(token) {
    checkToken(token);
    rethrow(() => this.#native.setToken(token));
    this.token = token;
  }

  /** @param {readonly import('../../testing.js').Scope[] | undefined} scopes */
  setScopes(scopes) {
    this.#assertInternalApi('scopes');
    if (scopes !== undefined) checkScopes(scopes);
    rethrow(() => this.#native.setScopes(scopes && [...scopes]));
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
      throw invalidArgument(`perSecond must be a number above 0, not ${String(perSecond)}`);
    }
    if (count !== Number.POSITIVE_INFINITY && (!Number.isInteger(count) || count < 0)) {
      throw invalidArgument(`count must be a whole number from 0, not ${String(count)}`);
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
      throw invalidArgument(`a close code is a whole number from 1000 to 4999, not ${String(code)}`);
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
    if (!(bytes instanceof Uint8Array)) throw invalidArgument('sendRaw takes a Uint8Array');
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
          settle(() => reject(new Error('the simulator was closed before that many sockets were open')));
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

  /** Closes synchronously, while the process exits. */
  closeNow() {
    this.#close().waitNow();
  }

  /**
   * Handles an event of the addon.
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
    if (event.type === SIMULATOR_CONNECTIONS) {
      for (const check of this.#watchers) check();
    } else if (event.type === SIMULATOR_PUBLISHED) {
      this.#publishers.get(event.publisher)?.(this.#native.stopPublisher(event.publisher));
    } else if (event.type === SIMULATOR_QUESTION) {
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

  /** @param {string} what */
  #assertInternalApi(what) {
    if (this.#protocol !== undefined) throw invalidArgument(`the simulator of a declared protocol has no ${what}`);
  }

  #assertOpen() {
    if (this.#closed) {
      throw Object.assign(new Error('the simulator is closed'), { code: 'ERR_CYCLE_CLOSED' });
    }
  }
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

/**
 * Calls the addon, and throws its errors as a `TypeError`.
 *
 * @template T
 * @param {() => T} run
 * @returns {T}
 */
function rethrow(run) {
  try {
    return run();
  } catch (error) {
    throw error instanceof Error ? invalidArgument(error.message) : error;
  }
}

export { Simulator };
