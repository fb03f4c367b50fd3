'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { bareServer, wsServer } = require('./peers/notification-server.js');
const { until } = require('./peers/until');

const library = JSON.stringify(require.resolve('..'));

/**
 * A process with a socket whose `idleTimeoutMs` is 500; it prints each event that is no message.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} socketPath
 * @param {string} options
 */
function startClient(t, socketPath, options) {
  const source = `const { NotificationSocket } = require(${library});
    const socket = new NotificationSocket({ socketPath: process.argv[1], reconnect: false, ${options} });
    for (const name of ['open', 'close']) socket.on(name, () => console.log(name));
    socket.on('error', ({ code }) => console.log(code));
    socket.connect();`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ['-e', source, socketPath], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  return { child, printed: () => printed.trim().split('\n').filter(Boolean) };
}

test('a server whose pong came while the process was stopped is not given up', async (t) => {
  let pings = 0;
  /** @type {ReturnType<typeof startClient>} */
  let client;
  const { socketPath } = await wsServer(t, (peer) => {
    // The peer answers by itself; by then the client does not look.
    peer.on('ping', () => {
      pings += 1;
      if (pings <= 6) {
        client.child.kill('SIGSTOP');
        setTimeout(() => client.child.kill('SIGCONT'), 700);
      }
    });
  });
  client = startClient(t, socketPath, 'idleTimeoutMs: 500');
  await until(() => pings === 8 || client.printed().length > 1, 'eight pings');
  assert.deepEqual(client.printed(), ['open']);
});

test('a server that was stopped together with the process has time to answer', async (t) => {
  let pings = 0;
  /** @type {ReturnType<typeof startClient>} */
  let client;
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    accept();
    socket.on('frame', (opcode) => {
      if (opcode !== 9) {
        return;
      }
      pings += 1;
      if (pings === 1) {
        client.child.kill('SIGSTOP');
        setTimeout(() => client.child.kill('SIGCONT'), 700);
      } else {
        socket.write(Buffer.from([0x8a, 0]));
      }
    });
  });
  client = startClient(t, socketPath, 'idleTimeoutMs: 500');
  await until(() => pings === 4 || client.printed().length > 1, 'four pings');
  assert.deepEqual(client.printed(), ['open']);
});

for (const option of ['idleTimeoutMs', 'headersTimeoutMs']) {
  test(`an answer to the handshake that came while the process was stopped is no ${option}`, async (t) => {
    /** @type {ReturnType<typeof startClient>} */
    let client;
    const { socketPath } = await bareServer(t, async ({ accept }) => {
      client.child.kill('SIGSTOP');
      await sleep(50);
      accept();
      await sleep(800);
      client.child.kill('SIGCONT');
    });
    client = startClient(t, socketPath, `${option}: 500`);
    await until(() => client.printed().length > 0, 'the end of the handshake');
    assert.deepEqual(client.printed(), ['open']);
  });
}
