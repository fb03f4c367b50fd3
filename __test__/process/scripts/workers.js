'use strict';

// Starts workers that make calls without pause while the main thread does so too. argv: the socket's path, and whether
// the workers are terminated ("terminate"), end by themselves ("leave"), or are there when the process exits ("exit").

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { getClient } = require('../../..');

const ROUNDS = 10;
const WIDTH = 4;

/** Calls forever, or `limit` times; counts answers that are not its own. */
async function load(client, limit, note) {
  let wrong = 0;
  client.GET('/v1/never').catch(() => {});
  client.GET('/v1/stream', { parseAs: 'stream' }).catch(() => {});
  for (let i = 0; i < limit; i++) {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, j) =>
        client.GET(`/v1/${i}/${j}`, j % 4 === 0 ? { middleware: [{ onRequest: () => undefined }] } : {}),
      ),
    );
    results.forEach(({ data }, j) => {
      if (data.url !== `/v1/${i}/${j}`) wrong += 1;
    });
    note(i, wrong);
  }
  return wrong;
}

async function main([socketPath, how]) {
  const client = getClient({ socketPath, token: 'unused' });
  let [started, terminated, mainCalls, wrong] = [0, 0, 0, 0];
  let busy = true;
  const own = (async () => {
    for (let i = 0; busy; i++) {
      const { data } = await client.GET(`/v1/main/${i}`);
      mainCalls += 1;
      if (data.url !== `/v1/main/${i}`) wrong += 1;
    }
  })();
  for (let round = 0; round < ROUNDS; round++) {
    const workers = Array.from({ length: WIDTH }, () => new Worker(__filename, { workerData: { socketPath, how } }));
    started += workers.length;
    await Promise.all(
      workers.map(
        (worker, i) =>
          new Promise((resolve, reject) => {
            worker.on('error', reject);
            worker.on('exit', resolve);
            worker.on('message', ({ turn, wrong: count }) => {
              wrong += count;
              if (how === 'exit' && turn > 2) process.exit(5);
              if (how === 'terminate' && turn === i * 3) worker.terminate().then(() => (terminated += 1));
            });
          }),
      ),
    );
  }
  busy = false;
  await own;
  console.log(JSON.stringify({ started, terminated, mainCalls, wrong }));
}

if (isMainThread) {
  main(process.argv.slice(2));
} else {
  const client = getClient({ socketPath: workerData.socketPath, token: 'unused' });
  const limit = workerData.how === 'leave' ? 5 : Infinity;
  load(client, limit, (turn, wrong) => parentPort.postMessage({ turn, wrong })).then(() => process.exit(0));
}
