'use strict';

const { connectNotifications } = require('../..');
const { within } = require('../peers/until.js');
const { isWhole } = require('./random.js');

const ENDS_WITHIN_MS = 600_000;
const OPTIONS = {
  token: 'soak',
  reconnectBaseDelayMs: 5,
  reconnectMaxDelayMs: 50,
  jitter: true,
  idleTimeoutMs: 1000,
  headersTimeoutMs: 1000,
};

/**
 * Listens until the server says that no more will come. Every number that is missing must have been announced: by a lost
 * connection, or by the error about a message that can't be read.
 *
 * @param {{ socketPath: string, idleTimeoutMs?: number }} options
 */
async function listenToEvents({ socketPath }) {
  const report = { violations: [], received: 0, garbled: 0, gaps: 0, opens: 0 };
  const wrong = (/** @type {string} */ what) => {
    if (report.violations.length < 20) report.violations.push(`notifications: ${what}`);
  };
  let last = 0;
  /** Numbers that may be missing before the next one. */
  let excused = Number.POSITIVE_INFINITY;
  let connected = false;
  let raw;
  const socket = connectNotifications({ socketPath, ...OPTIONS });
  const end = new Promise((resolve) => {
    socket.on('open', (info) => {
      if (connected) wrong('a second open');
      connected = true;
      excused = Number.POSITIVE_INFINITY;
      report.opens += 1;
      if (info?.reconnected !== report.opens > 1) wrong(`open ${report.opens} says ${JSON.stringify(info)}`);
    });
    // A failed attempt has a close too, without an open.
    socket.on('close', () => {
      connected = false;
    });
    socket.on('reconnecting', () => {
      if (connected) wrong('reconnecting while open');
    });
    socket.on('error', (error) => {
      if (!/failed to parse/.test(error.message)) return;
      report.garbled += 1;
      excused += 1;
    });
    socket.on('raw', (text) => {
      raw = text;
    });
    socket.on('notification', (message) => {
      if (!connected) wrong('a notification of no open connection');
      if (raw !== undefined && JSON.stringify(message) !== JSON.stringify(JSON.parse(raw)))
        wrong('another raw before it');
      raw = undefined;
      if (message.topic === 'soak.end') return resolve(undefined);
      if (!isWhole(message)) report.garbled += 1;
      if (message.number <= last) wrong(`${message.number} after ${last}`);
      if (message.number > last + 1) {
        report.gaps += 1;
        if (message.number > last + 1 + excused) wrong(`${last} to ${message.number} without a word`);
      }
      last = message.number;
      excused = 0;
      report.received += 1;
      return undefined;
    });
  });
  await within(end, 'the end of the notifications', ENDS_WITHIN_MS).catch((error) => wrong(error.message));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.close();
  await within(closed, 'the close of the socket').catch((error) => wrong(error.message));
  socket.removeAllListeners();
  socket.on('open', () => wrong('an open after the close'));
  return report;
}

/**
 * The same for who reads them one at a time.
 *
 * @param {{ socketPath: string }} options
 */
async function iterateNotifications({ socketPath }) {
  const report = { violations: [], received: 0, garbled: 0, gaps: 0 };
  const wrong = (/** @type {string} */ what) => report.violations.push(`iterator: ${what}`);
  const socket = connectNotifications({ socketPath, ...OPTIONS });
  socket.on('error', () => {});
  const read = async () => {
    let last = 0;
    // Before the first connection everything may be missing.
    let excused = true;
    for await (const message of socket.iterate({ gaps: true })) {
      if (message.gap) {
        report.gaps += 1;
        excused = true;
        continue;
      }
      if (message.topic === 'soak.end') break;
      if (!isWhole(message)) report.garbled += 1;
      if (message.number <= last) wrong(`${message.number} after ${last}`);
      if (message.number > last + 1 && !excused) wrong(`${last} to ${message.number} without a gap`);
      last = message.number;
      excused = false;
      report.received += 1;
    }
  };
  await within(read(), 'the end of the iteration', ENDS_WITHIN_MS).catch((error) => wrong(error.message));
  await socket[Symbol.asyncDispose]();
  return report;
}

module.exports = { iterateNotifications, listenToEvents };
