'use strict';

// A stream of notifications of one peer in a process of its own.

const { peakMiB, runTask, startClock } = require('./report.cjs');

const WANTED = 'container.state.changed';
const WANTED_EVERY = 100;

/**
 * Receives a stream to its end.
 *
 * @param {{ peer: string, socketPath: string, token: string }} task
 * @param {{ plan: string, expected: number, topics?: string[] }} stream what the server sends, and how many messages of it count
 * @param {(message: any, count: number) => void} [see] called with each message that counts
 */
function receive({ peer, socketPath, token }, { plan, expected, topics }, see) {
  const { connect } = require(`../peers/notifications/${peer}.cjs`);
  return new Promise((resolve, reject) => {
    let count = 0;
    let read = startClock();
    const onOpen = () => {
      read = startClock();
    };
    const onMessage = (message) => {
      count += 1;
      see?.(message, count);
      if (count === expected) {
        const clock = read();
        close();
        resolve(clock);
      }
    };
    const close = connect({
      socketPath,
      token,
      headers: { 'x-bench': plan },
      topics,
      onOpen,
      onMessage,
      onError: reject,
    });
  });
}

/** Every message parsed. */
async function flood(task) {
  await receive(task, { plan: `flood ${task.messages / 4}`, expected: task.messages / 4 });
  const { seconds, cpuUs } = await receive(task, { plan: `flood ${task.messages}`, expected: task.messages });
  return { rate: task.messages / seconds, cpuUs: cpuUs / task.messages, peakMiB: peakMiB() };
}

/** One message in a hundred wanted. */
async function filter(task) {
  const wanted = async (messages) => {
    const stream = { plan: `flood ${messages}`, expected: messages / WANTED_EVERY, topics: [WANTED] };
    return await receive(task, stream, ({ topic }) => {
      if (topic !== WANTED) {
        throw new Error('a message that was filtered away');
      }
    });
  };
  await wanted(task.messages / 4);
  const { seconds, cpuUs } = await wanted(task.messages);
  return { rate: task.messages / seconds, cpuUs: cpuUs / task.messages };
}

/** Memory in a flood whose consumer stands still at times. */
async function blocked(task) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  await receive(task, { plan: `flood ${task.messages}`, expected: task.messages }, (_message, count) => {
    if (count === 1 || count === task.messages / 2) {
      Atomics.wait(pause, 0, 0, task.pauseMs);
    }
  });
  return { peakMiB: peakMiB() };
}

/** Time from the server's write to the listener, at a thousand messages a second. */
async function latency(task) {
  const late = [];
  await receive(task, { plan: `paced ${task.messages}`, expected: task.messages }, ({ object }, count) => {
    const now = Number(process.hrtime.bigint());
    if (count > task.messages / 5) {
      late.push((now - object.at) / 1000);
    }
  });
  late.sort((a, b) => a - b);
  const at = (share) => late[Math.floor(share * (late.length - 1))];
  return { medianUs: at(0.5), p99Us: at(0.99) };
}

runTask({ flood, filter, blocked, latency });
