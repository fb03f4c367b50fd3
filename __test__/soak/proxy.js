'use strict';

const net = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');
const { listen } = require('../peers/listener.js');
const { Random } = require('./random.js');

/** What may happen to bytes that arrive together, and how often. */
const HTTP_FATES = { pass: 800, delay: 70, split: 60, cut: 20, reset: 12, garble: 20, breakHead: 10, stall: 4, jam: 3 };
const WEB_SOCKET_FATES = { pass: 780, delay: 50, split: 30, cut: 50, reset: 30, garble: 50, stall: 10 };
/** And to a connection before its first byte is read. */
const ACCEPTED_FATES = { pass: 960, hangUp: 20, resetUnread: 20 };

/** What may take a request or an answer away from a call: each is the reason of one failed call at most. */
const HARMS = ['cut', 'reset', 'garble', 'breakHead', 'stall', 'jam', 'hangUp', 'resetUnread'];

/** A run of what payloads are made of, longer than any in a head, in the size of a chunk or in the head of a frame. */
const PAYLOAD = /[A-P]{24,}/g;
const INTERIM = Buffer.from('HTTP/1.1 103 ');
const JAM_MS = 1500;

/**
 * A proxy between Unix sockets that harms what goes through it. What it does to a connection is decided by the seed and
 * the number of the connection; which call that meets depends on timing.
 *
 * Only what a reader can tell is garbled: bytes of payloads, which have checksums, and heads in ways that are no HTTP.
 * One changed digit of a length or a status makes another answer that is as valid as the true one; no client can see that.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {{ target: string, seed: number | string }} options `target` is the socket of the server behind
 */
async function harmfulProxy(scope, { target, seed }) {
  const plan = { seed, target, calm: false, counts: /** @type {Record<string, number>} */ ({}) };
  let number = 0;
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    new Link(socket, plan, number++).run();
  });
  const listening = await listen(scope, server);
  return {
    ...listening,
    counts: plan.counts,
    /** From now on nothing is harmed. */
    calmDown: () => {
      plan.calm = true;
    },
    /** How often something was done that may have made a call fail. */
    harms: () => HARMS.reduce((sum, name) => sum + (plan.counts[name] ?? 0), 0),
  };
}

/** A connection through the proxy. */
class Link {
  #client;
  #server;
  #plan;
  #random;
  #isWebSocket = false;
  #harmed = false;
  /** The side of which nothing goes through any more. @type {net.Socket | undefined} */
  #silenced;

  /**
   * @param {net.Socket} client
   * @param {{ seed: number | string, target: string, calm: boolean, counts: Record<string, number> }} plan
   * @param {number} number
   */
  constructor(client, plan, number) {
    this.#client = client;
    this.#plan = plan;
    this.#random = new Random(plan.seed, 'connection', number);
  }

  async run() {
    const accepted = this.#fate(ACCEPTED_FATES);
    if (accepted !== 'pass') {
      this.#count(accepted);
      // A Unix socket that is closed with bytes unread resets its peer; there is no other way to do so.
      if (accepted === 'resetUnread') await sleep(5);
      this.#client.destroy();
      return;
    }
    this.#server = net.connect({ path: this.#plan.target, allowHalfOpen: true });
    this.#server.on('error', () => this.#drop());
    await Promise.allSettled([this.#pump(this.#client, this.#server), this.#pump(this.#server, this.#client)]);
    this.#drop();
  }

  /** @param {net.Socket} from @param {net.Socket} to */
  async #pump(from, to) {
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false })) {
        if (from === this.#client && /^upgrade: *websocket/im.test(chunk.toString('latin1'))) this.#isWebSocket = true;
        if (from !== this.#silenced) await this.#forward(chunk, from, to);
      }
      if (from === this.#silenced && from === this.#client) this.#drop();
      else if (from !== this.#silenced) to.end();
    } catch {
      this.#drop();
    }
  }

  /** @param {Buffer} chunk @param {net.Socket} from @param {net.Socket} to */
  async #forward(chunk, from, to) {
    // An interim answer always arrives: what the server does after it is to be judged by the client.
    const interim = chunk.subarray(0, INTERIM.length).equals(INTERIM);
    const fate = interim ? 'pass' : this.#fate(this.#isWebSocket ? WEB_SOCKET_FATES : HTTP_FATES);
    if (fate === 'delay') {
      this.#count(fate);
      await sleep(this.#random.below(30));
    } else if (fate === 'split') {
      this.#count(fate);
      await this.#split(chunk, to);
      return;
    } else if (fate === 'garble' || fate === 'breakHead') {
      const changed = fate === 'garble' ? this.#garbled(chunk, to) : this.#withBrokenHead(chunk);
      if (changed) this.#harm(fate);
      await written(to, changed ?? chunk);
      return;
    } else if (fate !== 'pass') {
      this.#harm(fate);
      await this.#stop(fate, chunk, from, to);
      return;
    }
    await written(to, chunk);
  }

  /** Lets no more through. @param {string} fate @param {Buffer} chunk @param {net.Socket} from @param {net.Socket} to */
  async #stop(fate, chunk, from, to) {
    if (fate === 'stall' || fate === 'jam') {
      this.#silenced = from;
      // In a jam nothing is read either, so that the one who writes has to wait.
      if (fate === 'jam') await sleep(JAM_MS);
      return;
    }
    // Often not one byte: only then may a call be repeated.
    const prefix = chunk.subarray(0, this.#random.pick([0, this.#random.below(chunk.length)]));
    if (prefix.length > 0) await written(to, prefix);
    // What comes meanwhile stays unread, and that resets the connection.
    if (fate === 'reset') await sleep(5);
    this.#drop();
  }

  /** Writes single bytes, or small parts of what is long. @param {Buffer} chunk @param {net.Socket} to */
  async #split(chunk, to) {
    const most = chunk.length < 600 ? 1 : Math.ceil(chunk.length / 200);
    for (let at = 0; at < chunk.length && !to.destroyed; ) {
      const length = 1 + this.#random.below(most);
      await written(to, chunk.subarray(at, at + length));
      at += length;
    }
  }

  /** @param {Buffer} chunk @param {net.Socket} to */
  #garbled(chunk, to) {
    const text = chunk.toString('latin1');
    const bodyOfGzip = to === this.#client && /^HTTP.*\r\ncontent-encoding: gzip\r\n.*?\r\n\r\n/is.exec(text);
    const [start, length] = bodyOfGzip
      ? [bodyOfGzip[0].length, text.length - bodyOfGzip[0].length]
      : this.#payloadIn(text);
    if (length === 0) return undefined;
    const at = start + this.#random.below(length);
    const copy = Buffer.from(chunk);
    copy[at] = this.#random.pick([0x00, 0x0a, 0x22, 0x51, 0x5c, 0x7b, 0xc3, 0xff]);
    return copy[at] === chunk[at] ? undefined : copy;
  }

  /** @param {string} text */
  #payloadIn(text) {
    const runs = [...text.matchAll(PAYLOAD)];
    if (runs.length === 0) return [0, 0];
    const run = this.#random.pick(runs);
    return [run.index, run[0].length];
  }

  /** @param {Buffer} chunk */
  #withBrokenHead(chunk) {
    const text = chunk.toString('latin1');
    if (this.#isWebSocket || !text.startsWith('HTTP/1.1 ')) return undefined;
    const broken = this.#random.chance(0.5)
      ? text.replace('HTTP', 'XTTP')
      : text.replace(/^(content-length: )\d/im, '$1x');
    return broken === text ? undefined : Buffer.from(broken, 'latin1');
  }

  /** @param {Record<string, number>} weights */
  #fate(weights) {
    return this.#plan.calm || this.#harmed ? 'pass' : this.#random.weighted(weights);
  }

  /** At most one on a connection, so that each fault is the reason of one failure at most. @param {string} name */
  #harm(name) {
    this.#harmed = true;
    this.#count(name);
  }

  /** @param {string} name */
  #count(name) {
    this.#plan.counts[name] = (this.#plan.counts[name] ?? 0) + 1;
  }

  #drop() {
    this.#client.destroy();
    this.#server?.destroy();
  }
}

/** @param {net.Socket} to @param {Buffer} bytes */
function written(to, bytes) {
  return new Promise((resolve, reject) => to.write(bytes, (error) => (error ? reject(error) : resolve(undefined))));
}

module.exports = { harmfulProxy };
