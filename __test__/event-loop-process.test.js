'use strict';

// Which lane is taken, and what becomes of it when its process or worker ends.
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { printedBy } = require('./peers/child.js');
const { httpServer, json } = require('./peers/http-server.js');
const { until } = require('./peers/until.js');

const PACKAGE = JSON.stringify(require.resolve('..'));

/** @type {import('node:http').RequestListener} */
const answer = (_request, response) => json(response, {});

const LANE = `
  const { HttpClient } = require(${PACKAGE}).internals.loadNative();
  const lane = (options) => {
    try {
      return new HttpClient({ headers: [], ...options }, () => {}).lane;
    } catch (error) {
      return error.message;
    }
  };`;

test('Node has its lane on the event loop, unless a host must be looked up', async () => {
  const script = `${LANE} console.log(JSON.stringify([
    { socketPath: '/x' }, { host: '127.0.0.1', port: 1 }, { host: '::1', port: 1 }, { host: 'localhost', port: 1 },
  ].map(lane)))`;
  const lanes = JSON.parse(await printedBy(script, [], { env: { CYCLE_INTERNAL_API_LANE: '' } }));
  assert.deepEqual(lanes, ['event-loop', 'event-loop', 'event-loop', 'io-thread']);
});

test('an environment variable forces the lane', async () => {
  const script = `${LANE} console.log(lane({ socketPath: '/x' }))`;
  assert.equal(await printedBy(script, [], { env: { CYCLE_INTERNAL_API_LANE: 'event-loop' } }), 'event-loop');
  assert.equal(await printedBy(script, [], { env: { CYCLE_INTERNAL_API_LANE: 'io-thread' } }), 'io-thread');
  assert.equal(
    await printedBy(script, [], { env: { CYCLE_INTERNAL_API_LANE: 'fast' } }),
    'CYCLE_INTERNAL_API_LANE must be event-loop or io-thread',
  );
});

test('an environment variable sets how long an answer is looked for before sleep', async () => {
  const script = `${LANE} console.log(lane({ socketPath: '/x' }))`;
  const looking = (/** @type {string} */ microseconds) =>
    printedBy(script, [], {
      env: { CYCLE_INTERNAL_API_LANE: 'event-loop', CYCLE_INTERNAL_API_BUSY_POLL_US: microseconds },
    });
  for (const microseconds of ['', '0', '50', '1000']) {
    assert.equal(await looking(microseconds), 'event-loop');
  }
  for (const wrong of ['-1', '0.5', 'never']) {
    assert.equal(
      await looking(wrong),
      'CYCLE_INTERNAL_API_BUSY_POLL_US must be a whole number of microseconds, 0 for never',
    );
  }
});

test('timers and other sockets are served while an answer is looked for', async () => {
  const script = `
    const { getClient } = require(${JSON.stringify(require.resolve('..'))});
    const { createServer, get } = require('node:http');
    const socketPath = require('node:path').join(require('node:os').tmpdir(), 'cycle-look-' + process.pid + '.sock');
    const server = createServer((request, response) => {
      if (request.url !== '/v1/environment') return void response.end('{}');
      // The answer to the first call waits for what only another turn of the loop brings.
      setTimeout(() => get({ socketPath, path: '/other' }, (other) => other.resume().on('end', () => {
        response.setHeader('content-type', 'application/json').end('{"data":1}');
      })), 1);
    }).listen(socketPath, async () => {
      const client = getClient({ token: 't', socketPath });
      for (let i = 0; i < 3; i += 1) console.log((await client.GET('/v1/environment')).data.data);
      await client.close();
      server.close();
      server.closeAllConnections();
    });`;
  for (const microseconds of ['', '0', '2000000000']) {
    assert.equal(await printedBy(script, [], { env: { CYCLE_INTERNAL_API_BUSY_POLL_US: microseconds } }), '1\n1\n1');
  }
});

for (const name of ['bun', 'deno', 'electron']) {
  test(`a process that says it is ${name} is left alone`, async () => {
    const pose = `Object.defineProperty(process, 'versions', { value: { ...process.versions, ${name}: '1.0.0' } });`;
    const script = `${pose} ${LANE} console.log(lane({ socketPath: '/x' }))`;
    assert.equal(await printedBy(script, [], { env: { CYCLE_INTERNAL_API_LANE: '' } }), 'io-thread');
    assert.match(
      await printedBy(script, [], { env: { CYCLE_INTERNAL_API_LANE: 'event-loop' } }),
      /^CYCLE_INTERNAL_API_LANE asks for event-loop, which needs Node/,
    );
  });
}

test('an idle client lets the process end', async (t) => {
  const { socketPath } = await httpServer(t, answer);
  const printed = await printedBy(`
    const client = require(${PACKAGE}).getClient({ token: 'secret', socketPath: ${JSON.stringify(socketPath)} });
    Promise.all([1, 2, 3].map(() => client.GET('/'))).then(() => console.log('answered'));
  `);
  assert.equal(printed, 'answered');
});

test('a client that was never used lets the process end', async () => {
  assert.equal(await printedBy(`require(${PACKAGE}).getClient({ token: 'secret', socketPath: '/x' })`), '');
});

test('an awaited request keeps the process alive', async (t) => {
  const { socketPath } = await httpServer(t, (request, response) => setTimeout(() => answer(request, response), 200));
  const printed = await printedBy(`
    const client = require(${PACKAGE}).getClient({ token: 'secret', socketPath: ${JSON.stringify(socketPath)} });
    client.GET('/').then(() => client.GET('/')).then(() => console.log('answered'));
  `);
  assert.equal(printed, 'answered');
});

test('a timeout ends a request that nothing else would end, and then the process', async (t) => {
  const { socketPath } = await httpServer(t, () => {});
  const printed = await printedBy(`
    const options = { token: 'secret', socketPath: ${JSON.stringify(socketPath)}, timeoutMs: 50 };
    require(${PACKAGE}).getClient(options).GET('/').catch((error) => console.log(error.code));
  `);
  assert.equal(printed, 'ERR_CYCLE_TIMEOUT');
});

test('process.exit() in the middle of requests ends well', async (t) => {
  const { socketPath } = await httpServer(t, answer);
  const printed = await printedBy(`
    const client = require(${PACKAGE}).getClient({ token: 'secret', socketPath: ${JSON.stringify(socketPath)} });
    let answers = 0;
    const loop = async () => {
      for (;;) {
        await client.GET('/');
        answers += 1;
        if (answers === 100) { console.log('leaving'); process.exit(); }
      }
    };
    for (let i = 0; i < 16; i++) loop();
  `);
  assert.equal(printed, 'leaving');
});

/** A worker that never stops sending; it tells when it is at it. */
const BUSY_WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { getClient } = require(${PACKAGE});
  let answers = 0;
  const loop = async (client) => {
    for (;;) {
      await client.GET('/');
      answers += 1;
      if (answers === 50) parentPort.postMessage('busy');
    }
  };
  for (let i = 0; i < 4; i++) {
    const client = getClient({ token: 'secret', socketPath: workerData, timeoutMs: 60_000 });
    for (let j = 0; j < 8; j++) loop(client);
  }`;

test('workers may be terminated under load', async (t) => {
  const { socketPath } = await httpServer(t, answer);
  const printed = await printedBy(`
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    const start = () => new Worker(${JSON.stringify(BUSY_WORKER)}, { eval: true, workerData: ${JSON.stringify(socketPath)} });
    (async () => {
      for (let round = 0; round < 6; round++) {
        const workers = [start(), start()];
        await Promise.all(workers.map((worker) => once(worker, 'message')));
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      const { data } = await require(${PACKAGE})
        .getClient({ token: 'secret', socketPath: ${JSON.stringify(socketPath)} }).GET('/');
      console.log(JSON.stringify(data));
    })();
  `);
  assert.equal(printed, '{}');
});

test('a worker that calls process.exit() under load ends alone', async (t) => {
  const { socketPath } = await httpServer(t, answer);
  const worker = BUSY_WORKER.replace("parentPort.postMessage('busy')", 'process.exit(7)');
  const printed = await printedBy(`
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(worker)}, { eval: true, workerData: ${JSON.stringify(socketPath)} });
    worker.on('exit', (code) => console.log(code));
  `);
  assert.equal(printed, '7');
});

test('a worker with idle connections ends on its own, and its memory with it', async (t) => {
  const { sockets, socketPath } = await httpServer(t, answer);
  const worker = `
    const { workerData } = require('node:worker_threads');
    const client = require(${PACKAGE}).getClient({ token: 'secret', socketPath: workerData });
    Promise.all([1, 2, 3, 4].map(() => client.GET('/')));`;
  const printed = await printedBy(`
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    (async () => {
      const codes = [];
      for (let round = 0; round < 10; round++) {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true, workerData: ${JSON.stringify(socketPath)} });
        codes.push((await once(worker, 'exit'))[0]);
      }
      console.log(codes.join());
    })();
  `);
  assert.equal(printed, Array(10).fill(0).join());
  await until(() => sockets.size === 0, 'all connections are closed');
});

test('a request after the server closed all idle connections is answered', async (t) => {
  const { server, socketPath } = await httpServer(t, (request, response) => {
    answer(request, response);
    response.on('finish', () => setImmediate(() => server.closeIdleConnections()));
  });
  const printed = await printedBy(`
    const client = require(${PACKAGE}).getClient({ token: 'secret', socketPath: ${JSON.stringify(socketPath)} });
    (async () => {
      const pause = new Int32Array(new SharedArrayBuffer(4));
      for (let i = 0; i < 10; i++) {
        await client.POST('/');
        // The loop does not turn while this waits, so it cannot see the end of the connection.
        Atomics.wait(pause, 0, 0, 30);
      }
      console.log('answered');
    })();
  `);
  assert.equal(printed, 'answered');
});

test('process.exit() after an answer ends the connection without a reset', async (t) => {
  const { server, socketPath } = await httpServer(t, answer);
  /** @type {(string | undefined)[]} */
  const failures = [];
  server.on('clientError', (error, socket) => {
    failures.push(/** @type {NodeJS.ErrnoException} */ (error).code);
    socket.destroy();
  });
  const closed = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)));
  await printedBy(`
    const client = require(${PACKAGE}).getClient({ token: 'secret', socketPath: ${JSON.stringify(socketPath)} });
    client.GET('/').then(() => process.exit(0));
  `);
  await closed;
  assert.deepEqual(failures, []);
});
