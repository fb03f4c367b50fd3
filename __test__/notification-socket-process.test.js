'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { NotificationSocket, connectNotifications } = require('..');
const child = require('./peers/child.js');
const { descriptors } = require('./peers/descriptors.js');
const { bareServer, closeFrame, frame, record, wsServer } = require('./peers/notification-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until.js');

const library = JSON.stringify(require.resolve('..'));

/**
 * Runs a script with `connect(options)` for the given socket in a process of its own.
 *
 * @param {string} socketPath
 * @param {string} script
 * @param {NodeJS.ProcessEnv} [env]
 */
function run(socketPath, script, env = {}) {
  const source = `const { NotificationSocket, connectNotifications } = require(${library});
    const connect = (options) => connectNotifications({ socketPath: process.argv[1], ...options });
    ${script}`;
  return child.runScript(source, [socketPath], { env });
}

test('an open socket keeps the process alive until it is closed', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => setTimeout(() => peer.send('"late"'), 300));
  const result = await run(
    socketPath,
    "const s = connect(); s.on('notification', (n) => { console.log(n); s.close(); });",
  );
  assert.equal(result.stdout, 'late\n');
  assert.equal(result.code, 0);
});

test('a socket that waits to reconnect keeps the process alive', async (t) => {
  const socketPath = temporarySocketPath(t);
  const result = await run(
    socketPath,
    "const s = connect({ reconnectBaseDelayMs: 100 }); s.on('error', () => {}); s.on('reconnecting', (n) => { if (n === 3) { console.log(n); s.close(); } });",
  );
  assert.equal(result.stdout, '3\n');
  assert.equal(result.code, 0);
});

test('a socket that is connecting keeps the process alive', async (t) => {
  const { socketPath } = await bareServer(t, ({ accept }) => setTimeout(accept, 300));
  const result = await run(
    socketPath,
    "const s = connect({ reconnect: false }); s.on('open', () => { console.log('open'); process.exit(3); });",
  );
  assert.equal(result.stdout, 'open\n');
  assert.equal(result.code, 3);
});

test('unref lets the process end in each state, ref takes it back', async (t) => {
  const { socketPath } = await wsServer(t, () => {});
  const silent = await bareServer(t, () => {});
  const absent = temporarySocketPath(t);
  for (const [path, script] of /** @type {const} */ ([
    [socketPath, "s.on('open', () => { console.log('end'); s.unref(); });"],
    [silent.socketPath, "s.unref(); console.log('end');"],
    [absent, "s.on('error', () => {}); s.on('reconnecting', () => { console.log('end'); s.unref(); });"],
  ])) {
    const result = await run(
      path,
      `const s = connect({ reconnectBaseDelayMs: 60000, reconnectMaxDelayMs: 60000 }); ${script}`,
    );
    assert.equal(result.stdout, 'end\n');
    assert.equal(result.code, 0, result.stderr);
  }
  const again = await run(
    socketPath,
    "const s = connect(); s.unref(); if (s.ref() !== s) throw s; s.on('open', () => { console.log('open'); s.close(); });",
  );
  assert.equal(again.stdout, 'open\n');
});

test('a socket that was closed, or never connected, does not keep the process alive', async (t) => {
  const { socketPath } = await wsServer(t, () => {});
  const result = await run(
    socketPath,
    "new NotificationSocket({ socketPath: process.argv[1] }); const s = connect(); s.on('open', () => s.close()); s.on('close', (code) => console.log(code));",
  );
  assert.equal(result.stdout, '1005\n');
  assert.equal(result.code, 0);
});

test('an unreferenced socket in a flood does not keep the process alive', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => {
    const pump = () => {
      if (peer.readyState === peer.OPEN) {
        for (let n = 0; n < 1000; n += 1) {
          peer.send('{"topic":"a.b"}');
        }
        peer.send('{}', () => setImmediate(pump));
      }
    };
    pump();
  });
  const result = await run(
    socketPath,
    "const s = connect(); s.once('notification', () => { s.unref(); console.log('end'); });",
  );
  assert.equal(result.stdout, 'end\n');
  assert.equal(result.code, 0);
});

test('an unreferenced socket in a process that waits for something else gets what comes at once', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    socket.cork();
    accept();
    for (let n = 0; n < 5; n += 1) {
      socket.write(frame(0x81, String(n)));
    }
    socket.end(closeFrame(1001));
    socket.uncork();
  });
  const result = await run(
    socketPath,
    `const other = require('node:net').createServer().listen(process.argv[1] + '.other');
    const s = connect({ reconnect: false }).unref();
    // Everything has come by the time that the next thing is taken.
    s.on('open', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300));
    s.on('raw', (text) => console.log(text));
    s.on('close', (code) => { console.log(code); other.close(); });`,
  );
  assert.deepEqual(result.stdout.trim().split('\n'), ['0', '1', '2', '3', '4', '1001']);
});

test('connect without a free descriptor throws the system error, and works when there is one', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.send('"here"'));
  const script = `
        const socket = new NotificationSocket({ socketPath: process.argv[1] });
    socket.on('close', (code) => console.log(code));
    const taken = [];
    try { for (;;) taken.push(fs.openSync('/dev/null')); } catch {}
    try { socket.connect(); } catch (error) { var failure = error; }
    for (const file of taken) fs.closeSync(file);
    console.log(failure.code);
    socket.close();
    socket[Symbol.asyncDispose]().then(() => {
      console.log('disposed');
      socket.connect().once('notification', (text) => { console.log(text); socket.close(); });
    });`;
  const source = `const { NotificationSocket } = require(${library}); ${script}`;
  const command = 'ulimit -n 100; exec "$0" "$@"';
  const { stdout } = await child.run('sh', ['-c', command, process.execPath, '-e', source, socketPath]);
  assert.deepEqual(stdout.trim().split('\n'), ['EMFILE', 'disposed', 'here', '1005']);
});

test('process.exit while connected, and in a listener', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => {
    for (let n = 0; n < 2000; n += 1) {
      peer.send('{"topic":"a.b"}');
    }
  });
  for (const script of [
    "s.on('open', () => process.exit(7));",
    "let n = 0; s.on('raw', () => { n += 1; if (n === 500) process.exit(7); });",
    'setTimeout(() => process.exit(7), 50);',
    'process.exit(7);',
  ]) {
    const result = await run(socketPath, `const s = connect(); ${script}`);
    assert.equal(result.code, 7, result.stderr);
    assert.equal(result.stderr, '');
  }
});

test('an uncaught error ends the process with its message', async (t) => {
  const result = await run(temporarySocketPath(t), 'connect();');
  assert.equal(result.code, 1);
  assert.match(result.stderr, /cannot connect to the notification socket .*ENOENT|No such file/s);
});

test('NODE_DEBUG=cycle tells what happens, without the token', async (t) => {
  const { socketPath } = await wsServer(t, (peer) => peer.close(1001, 'over'));
  const result = await run(
    socketPath,
    "connect({ reconnect: false, token: 'very-secret', headers: { 'x-a': 'also-secret' } });",
    { NODE_DEBUG: 'cycle' },
  );
  assert.match(result.stderr, /CYCLE \d+: notifications on .*: open/);
  assert.match(result.stderr, /closed with code 1001 over/);
  assert.doesNotMatch(result.stderr, /secret/);
});

test('a worker that terminates while connected ends its connections', async (t) => {
  const server = await wsServer(t, (peer) => {
    const timer = setInterval(() => peer.send('{"topic":"a.b"}'), 1);
    peer.on('close', () => clearInterval(timer));
  });
  for (let round = 0; round < 10; round += 1) {
    const worker = new Worker(
      `const { connectNotifications } = require(${library});
      const { parentPort, workerData } = require('node:worker_threads');
      const sockets = Array.from({ length: 3 }, () => connectNotifications({ socketPath: workerData }));
      for (const socket of sockets) socket.once('notification', () => parentPort.postMessage('one'));`,
      { eval: true, workerData: server.socketPath },
    );
    let messages = 0;
    worker.on('message', () => {
      messages += 1;
    });
    await until(() => messages === 3, 'three connections of the worker');
    await within(worker.terminate(), 'the end of the worker');
    await until(() => server.clients.size === 0, 'no connections');
  }
});

test('500 connects and closes leave no descriptor and no connection behind', async (t) => {
  const server = await wsServer(t, (peer) => peer.send('{}'));
  const cycle = async () => {
    const socket = new NotificationSocket({ socketPath: server.socketPath });
    const closed = new Promise((resolve) => {
      socket.on('close', resolve);
    });
    socket.on('open', () => socket.close());
    socket.connect();
    return within(closed, 'a close');
  };
  for (let round = 0; round < 10; round += 1) {
    await cycle();
  }
  await until(() => server.sockets.size === 0, 'no connection at the start');
  const before = descriptors();
  const one = new NotificationSocket({ socketPath: server.socketPath });
  const seen = record(t, one);
  for (let round = 1; round <= 250; round += 1) {
    assert.equal(await cycle(), 1005);
    one.connect();
    await seen.until('open', round);
    one.close();
    await seen.until('close', round);
  }
  await until(() => server.sockets.size === 0, 'no connection');
  await until(() => descriptors() <= before, `descriptors: ${before} before, ${descriptors()} now`);
});

test('a hundred sockets at once', async (t) => {
  const server = await wsServer(t, (peer) => {
    for (let n = 0; n < 100; n += 1) {
      peer.send(String(n));
    }
  });
  const sockets = Array.from({ length: 100 }, () => connectNotifications({ socketPath: server.socketPath }));
  const seen = sockets.map((socket) => record(t, socket));
  await Promise.all(seen.map((one) => one.until('notification', 100)));
  const expected = Array.from({ length: 100 }, (_, n) => [n]);
  for (const one of seen) {
    assert.deepEqual(one.of('notification'), expected);
    assert.deepEqual(one.of('error'), []);
  }
  for (const socket of sockets) {
    socket.close();
  }
  await Promise.all(seen.map((one) => one.until('close')));
  await until(() => server.sockets.size === 0, 'no connection');
});
