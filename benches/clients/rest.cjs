'use strict';

// Requests of one peer in a process of its own.

const { peakMiB, residentMiB, runTask, startClock } = require('./report.cjs');

/** Time that a process takes to import a client and have its first answer. */
async function cold({ peer, socketPath, token }) {
  const { open } = require(`../peers/rest/${peer}.cjs`);
  const started = performance.now();
  const client = open({ socketPath, token });
  check(client, await client.get('/small'));
  return { ms: performance.now() - started };
}

/** Calls a second, and what a call costs. */
async function rate({ peer, socketPath, token, target, inFlight, warmUpMs, measuredMs }) {
  const client = require(`../peers/rest/${peer}.cjs`).open({ socketPath, token });
  await callFor(warmUpMs, client, target, inFlight);
  const serverBefore = await serverUs(client);
  const read = startClock();
  const calls = await callFor(measuredMs, client, target, inFlight);
  const { seconds, cpuUs } = read();
  const serverBusy = ((await serverUs(client)) - serverBefore) / 1e6 / seconds;
  return { rate: calls / seconds, cpuUs: cpuUs / calls, serverBusy, peakMiB: peakMiB() };
}

/** Whether calls become slower or memory grows: the first tenth of many calls against the last. */
async function drift({ peer, socketPath, token, calls }) {
  const client = require(`../peers/rest/${peer}.cjs`).open({ socketPath, token });
  const tenth = calls / 10;
  // Compilers and heap find their size before the first tenth.
  await callTimes(tenth, client);
  const rates = [];
  const memory = [];
  for (let i = 0; i < 10; i += 1) {
    const read = startClock();
    await callTimes(tenth, client);
    rates.push(tenth / read().seconds);
    memory.push(residentMiB());
  }
  return { speed: rates[9] / rates[0], grownMiB: memory[9] - memory[0], residentMiB: memory[9] };
}

/** CPU time that the server has spent, in microseconds. */
async function serverUs(client) {
  return client.body(await client.get('/usage')).data.cpu_us;
}

async function callFor(milliseconds, client, target, inFlight) {
  const until = performance.now() + milliseconds;
  let calls = 0;
  const worker = async () => {
    while (performance.now() < until) {
      check(client, await client.get(target));
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return calls;
}

async function callTimes(calls, client) {
  for (let i = 0; i < calls; i += 1) {
    check(client, await client.get('/small'));
  }
}

function check(client, result) {
  if (!client.body(result)?.data) {
    throw new Error('an answer without data');
  }
}

runTask({ cold, rate, drift });
