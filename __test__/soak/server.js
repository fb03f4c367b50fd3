'use strict';

const http = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');
const { gzipSync } = require('node:zlib');
const { WebSocketServer } = require('ws');
const { bodyOf } = require('../peers/http-server.js');
const { listen } = require('../peers/listener.js');
const { until } = require('../peers/until.js');
const { Random, isWhole, sealed } = require('./random.js');

const PATH = /^\/v1\/soak\/(\d+)$/;

/** So many notifications are sent while nobody listens; then the server waits for a listener. */
const MOST_UNHEARD = 40;

/** After so many notifications the server leaves all listeners, with a close frame or without one. */
const RESTART_EVERY = 1000;

/**
 * node:http and `ws`, keeping count of what they were asked to do.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {number | string} seed
 */
async function soakServer(scope, seed) {
  /** How often a request was begun, by its number and method. @type {Map<string, number>} */
  const executions = new Map();
  /** How often the server hung up on a request, as it does each time: without an answer, or after an interim one. */
  const [doomed, hinted] = [new Map(), new Map()];
  /** @type {string[]} */
  const strange = [];
  const counts = { garbledRequests: 0, idleCloses: 0 };
  let ended = false;

  /** Connections with a request that is not answered. @type {WeakSet<import('node:net').Socket>} */
  const busy = new WeakSet();
  const idleness = new Random(seed, 'idleness');
  /** Closes a connection unless it is used again before. @param {import('node:net').Socket} socket @param {number} afterMs */
  const closeIdle = (socket, afterMs) =>
    setTimeout(() => {
      if (busy.has(socket) || socket.destroyed) return;
      counts.idleCloses += 1;
      socket.destroy();
    }, afterMs);

  const server = http.createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    response.on('error', () => {});
    busy.add(request.socket);
    response.on('close', () => {
      busy.delete(request.socket);
      if (idleness.chance(0.03)) closeIdle(request.socket, idleness.below(20));
    });
    const number = Number(PATH.exec(request.url)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) {
      strange.push(`${request.method} ${request.url}`);
      response.writeHead(404).end();
      return;
    }
    const key = `${request.method} ${number}`;
    executions.set(key, (executions.get(key) ?? 0) + 1);
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return;
    const sent = parsed(body);
    if (body.length > 0 && !isWhole(sent)) {
      counts.garbledRequests += 1;
      answer(response, new Random(seed, number), 422, JSON.stringify({ number, garbled: true }));
      return;
    }
    if (body.length > 0 && sent.number !== number) strange.push(`${key} with the body of ${sent.number}`);
    const random = new Random(seed, number, request.method);
    const fate = random.weighted({ answer: 980, silence: 10, hint: 10 });
    if (fate !== 'answer') {
      const kind = fate === 'hint' ? hinted : doomed;
      kind.set(key, (kind.get(key) ?? 0) + 1);
      await hangUp(request.socket, fate === 'hint');
      return;
    }
    const payload = random.chance(0.2) ? `größe 😀 ${random.letters(64)}` : random.letters(random.length());
    const status = random.weighted({ 200: 90, 201: 5, 404: 3, 503: 2 });
    const value = sealed(number, payload, { method: request.method, received: sent?.sum ?? null });
    answer(response, random, Number(status), JSON.stringify(value));
  });
  const sockets = new WebSocketServer({ server, path: '/v1/notifications', perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {});
    if (ended) socket.send('{"topic":"soak.end"}');
  });
  const listening = await listen(scope, server);

  const open = () => [...sockets.clients].filter((one) => one.readyState === 1);
  const listeners = (least) => until(() => open().length >= least, 'a listener', 60_000);

  /** Sends so many notifications to whoever listens. @param {number} total */
  async function notify(total) {
    const random = new Random(seed, 'notifications');
    let unheard = 0;
    for (let number = 1; number <= total; number += 1) {
      const payload = random.letters(random.chance(0.01) ? 20_000 : 64 + random.below(300));
      const text = JSON.stringify({ topic: 'soak.numbered', ...sealed(number, payload) });
      const now = open();
      for (const socket of now) send(socket, text, random.chance(0.05));
      unheard = now.length > 0 ? 0 : unheard + 1;
      if (unheard > MOST_UNHEARD) await listeners(1);
      if (number % RESTART_EVERY === 0) for (const socket of now) leave(socket, random.chance(0.5));
      if (number % 25 === 0) await sleep(1);
      while (open().some((socket) => socket.bufferedAmount > 1_000_000)) await sleep(5);
    }
  }

  /** Says that no more notifications will come, to all that listen now or later. */
  function end() {
    ended = true;
    for (const socket of open()) socket.send('{"topic":"soak.end"}');
  }

  return { ...listening, executions, doomed, hinted, strange, counts, listeners, notify, end };
}

/** @param {import('node:net').Socket} socket @param {boolean} afterHint */
async function hangUp(socket, afterHint) {
  if (afterHint)
    await new Promise((resolve) => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </v1>\r\n\r\n', resolve));
  socket.destroy();
}

/** @param {Buffer} body */
function parsed(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** @param {import('ws').WebSocket} socket @param {boolean} abruptly */
function leave(socket, abruptly) {
  if (abruptly) socket.terminate();
  else socket.close(1012);
}

/** @param {import('ws').WebSocket} socket @param {string} text @param {boolean} inFragments */
function send(socket, text, inFragments) {
  if (!inFragments) return socket.send(text);
  const middle = text.length >> 1;
  socket.send(text.slice(0, middle), { fin: false });
  return socket.send(text.slice(middle), { fin: true });
}

/**
 * Answers in one of the ways that HTTP has.
 *
 * @param {http.ServerResponse} response
 * @param {Random} random
 * @param {number} status
 * @param {string} text
 */
async function answer(response, random, status, text) {
  response.setHeader('content-type', 'application/json');
  if (random.chance(0.05)) response.setHeader('connection', 'close');
  if (random.chance(0.05)) response.writeEarlyHints({ link: '</v1/hint>; rel=preload' });
  if (random.chance(0.1)) await sleep(random.below(20));
  const way = random.weighted({ length: 60, chunks: 25, gzip: 15 });
  if (way === 'chunks') {
    response.writeHead(status);
    const body = Buffer.from(text);
    const part = Math.ceil(body.length / (1 + random.below(5)));
    for (let at = 0; at < body.length; at += part) {
      response.write(body.subarray(at, at + part));
      if (random.chance(0.2)) await sleep(random.below(5));
    }
    response.end();
    return;
  }
  const body = way === 'gzip' ? gzipSync(text) : Buffer.from(text);
  if (way === 'gzip') response.setHeader('content-encoding', 'gzip');
  response.writeHead(status, { 'content-length': body.length }).end(body);
}

module.exports = { soakServer };
