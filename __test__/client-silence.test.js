'use strict';

// How long a client waits for a server that says nothing.

const assert = require('node:assert/strict');
const test = require('node:test');
const { createProtocolClient, defineProtocol } = require('../protocol');
const { beBusy } = require('./peers/busy.js');
const { client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { bodyOf, httpServer, json } = require('./peers/http-server.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';

const SILENCES = {
  'nothing at all': [() => {}, 'ERR_CYCLE_HEADERS_TIMEOUT', /headersTimeoutMs/],
  'part of a head': [(socket) => socket.write('HTTP/1.1 200 OK\r\n'), 'ERR_CYCLE_HEADERS_TIMEOUT', /headersTimeoutMs/],
  'a head': [(socket) => socket.write(HEAD), 'ERR_CYCLE_BODY_TIMEOUT', /bodyTimeoutMs/],
  'part of a body': [(socket) => socket.write(`${HEAD}"a`), 'ERR_CYCLE_BODY_TIMEOUT', /bodyTimeoutMs/],
};

for (const [what, [answer, code, says]] of Object.entries(SILENCES)) {
  for (const parseAs of ['json', 'stream']) {
    test(`a server that sends ${what} is given up, with parseAs: ${parseAs}`, async (t) => {
      const peer = await rawServer(t, answer);
      const made = client(t, peer, { headersTimeoutMs: 60, bodyTimeoutMs: 60 });
      const call = made.GET('/v1/hub', { parseAs }).then(({ data }) => new Response(data).text());
      const error = await within(rejection(call), what);
      assertFailure(error, { code, name: 'TimeoutError', path: '/v1/hub', socketPath: peer.socketPath, says });
      assert.match(error.message, /60 ms/);
      await until(() => peer.sockets.size === 0, 'the connection is closed');
    });
  }

  test(`a server that sends ${what} is waited for where there is no limit`, async (t) => {
    const peer = await rawServer(t, answer);
    const limits = code === 'ERR_CYCLE_BODY_TIMEOUT' ? { bodyTimeoutMs: 0 } : { headersTimeoutMs: 0 };
    const made = client(t, peer, { headersTimeoutMs: 20, bodyTimeoutMs: 20, ...limits });
    const call = made.GET('/v1/hub', { signal: AbortSignal.timeout(150) });
    assert.equal((await within(rejection(call), what)).code, DOMException.TIMEOUT_ERR);
  });
}

test('a silent server is not asked again, whatever `retry` says', async (t) => {
  const peer = await rawServer(t, () => {});
  const made = client(t, peer, { headersTimeoutMs: 40, retry: { retries: 3, baseDelayMs: 1 } });
  assert.equal((await within(rejection(made.GET('/v1/hub')), 'the call')).code, 'ERR_CYCLE_HEADERS_TIMEOUT');
  assert.equal(peer.heads(), 1);
});

test('each byte of a body starts the wait anew', async (t) => {
  const peer = await rawServer(t, async (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n');
    for (const character of '"0123456789"') {
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.write(character);
    }
  });
  const made = client(t, peer, { headersTimeoutMs: 300, bodyTimeoutMs: 300 });
  assert.equal((await within(made.GET('/v1/hub'), 'the call')).data, '0123456789');
});

test('a reader who pauses is given all the time', async (t) => {
  const length = 4 << 20;
  const peer = await httpServer(t, (_request, response) => response.end(Buffer.alloc(length, 'x')));
  const made = client(t, peer, { bodyTimeoutMs: 50 });
  const { data } = await made.GET('/v1/hub', { parseAs: 'stream' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal((await within(new Response(data).text(), 'the body')).length, length);
});

test('so is a program whose request body is slow', async (t) => {
  const peer = await httpServer(t, async (request, response) => {
    json(response, { received: (await bodyOf(request)).toString() });
  });
  const made = client(t, peer, { headersTimeoutMs: 50 });
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      controller.enqueue(new TextEncoder().encode('late'));
      controller.close();
    },
  });
  const call = made.PUT('/v1/hub', { body, bodySerializer: (same) => same, duplex: 'half' });
  assert.deepEqual((await within(call, 'the call')).data, { received: 'late' });
});

test('calls that wait for a connection are not the fault of the server', async (t) => {
  const peer = await httpServer(t, (_request, response) => setTimeout(() => json(response, {}), 40));
  const made = client(t, peer, { headersTimeoutMs: 250, maxConnections: 1 });
  await within(Promise.all(Array.from({ length: 12 }, () => made.GET('/v1/hub'))), 'all calls');
});

for (const [what, options] of Object.entries({
  timeoutMs: { timeoutMs: 100 },
  headersTimeoutMs: { headersTimeoutMs: 100 },
  bodyTimeoutMs: { bodyTimeoutMs: 100 },
})) {
  test(`${what}: what came while the thread was busy came in time`, async (t) => {
    const { Worker } = require('node:worker_threads');
    const path = require('node:path');
    const { once } = require('node:events');
    const { temporaryFolder } = require('./peers/temporary-folder.js');
    const socketPath = path.join(temporaryFolder(t), 'api.sock');
    // A thread of its own: this one is busy. The head comes at once and the body after 5 ms.
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       require('node:http').createServer((request, response) => {
         response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
         setTimeout(() => response.end(JSON.stringify('x'.repeat(100000))), 5);
       }).listen(workerData, () => parentPort.postMessage('ready'));`,
      { eval: true, workerData: socketPath },
    );
    t.after(() => worker.terminate());
    await once(worker, 'message');
    const made = client(t, { socketPath }, options);
    await made.GET('/v1/hub');
    for (let i = 0; i < 3; i++) {
      const call = made.GET('/v1/hub');
      beBusy(300);
      assert.equal((await within(call, 'the call')).data.length, 100_000);
    }
  });
}

test('so it is with the client of a protocol', async (t) => {
  const { Worker } = require('node:worker_threads');
  const path = require('node:path');
  const { once } = require('node:events');
  const { temporaryFolder } = require('./peers/temporary-folder.js');
  const socketPath = path.join(temporaryFolder(t), 'api.sock');
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     require('node:http').createServer((request, response) => setTimeout(() => response.end('{"a":1}'), 5))
       .listen(workerData, () => parentPort.postMessage('ready'));`,
    { eval: true, workerData: socketPath },
  );
  t.after(() => worker.terminate());
  await once(worker, 'message');
  const things = {
    get: {
      path: '/things',
      description: 'Gives a thing',
      request: { method: 'GET' },
      response: { body: { a: Number } },
    },
  };
  const made = createProtocolClient(defineProtocol({ things }), { socketPath, timeoutMs: 100 });
  t.after(() => made.close());
  await made.things.get();
  for (let i = 0; i < 3; i++) {
    const call = made.things.get();
    beBusy(300);
    assert.deepEqual(await within(call, 'the call'), { a: 1 });
  }
});

test('a process that was stopped finds what came in time', async (t) => {
  const { fork } = require('node:child_process');
  const { once } = require('node:events');
  const sockets = [];
  const peer = await rawServer(t, (socket) => sockets.push(socket));
  const child = fork(require.resolve('./process/scripts/stopped.js'), [peer.socketPath]);
  t.after(() => child.kill('SIGKILL'));
  await until(() => sockets.length === 2, 'the requests');
  child.kill('SIGSTOP');
  for (const socket of sockets) socket.write(wholeAnswer({ came: 'in time' }));
  await new Promise((resolve) => setTimeout(resolve, 600));
  child.kill('SIGCONT');
  const [results] = await within(once(child, 'message'), 'the results');
  assert.deepEqual(results, [{ came: 'in time' }, { came: 'in time' }]);
});

for (const name of ['headersTimeoutMs', 'bodyTimeoutMs', 'keepAliveTimeoutMs']) {
  for (const value of [-1, Number.NaN, '10', {}, ...(name === 'keepAliveTimeoutMs' ? [0] : [])]) {
    test(`${name}: ${String(value)} is refused when the client is made`, (t) => {
      assert.throws(
        () => client(t, { socketPath: '/nowhere.sock' }, { [name]: value }),
        (error) => error instanceof RangeError && error.message.includes(name),
      );
    });
  }
}
