'use strict';

// What is closed leaves nothing that asynchronous hooks know of: test runners report such things as open handles.
const assert = require('node:assert/strict');
const { createHook } = require('node:async_hooks');
const { once } = require('node:events');
const test = require('node:test');
const { WebSocketServer } = require('ws');
const { NotificationSocket, getClient } = require('..');
const { createProtocolClient, cycleProtocol } = require('../protocol');
const { startSimulator } = require('../testing');
const { runChild } = require('./peers/child.js');
const { httpServer, json } = require('./peers/http-server.js');
const { until } = require('./peers/until.js');

/**
 * Asserts that whatever of ours is made meanwhile is gone soon after.
 *
 * @param {() => Promise<unknown>} use
 */
async function leavesNothing(use) {
  /** @type {Map<number, string>} */
  const open = new Map();
  const made = new Set();
  const hook = createHook({
    init(id, type) {
      if (type.startsWith('cycle:')) {
        open.set(id, type);
        made.add(type);
      }
    },
    destroy: (id) => void open.delete(id),
  }).enable();
  try {
    await use();
    await until(() => open.size === 0, `the end of ${[...open.values()]}`);
    return [...made];
  } finally {
    hook.disable();
  }
}

/** @param {import('node:test').TestContext} t */
async function serve(t) {
  const peer = await httpServer(t, (_request, response) => json(response, { data: {} }));
  const sockets = new WebSocketServer({ server: peer.server });
  t.after(() => sockets.close());
  return peer;
}

test('a client that is closed leaves nothing, though another lives on', async (t) => {
  const { socketPath } = await serve(t);
  const made = await leavesNothing(async () => {
    const clients = [0, 1].map(() => getClient({ token: 't', socketPath }));
    for (const client of clients) {
      await client.GET('/v1/hub');
      await client.close();
    }
    // From within a delivery, too.
    const last = getClient({ token: 't', socketPath });
    await last.GET('/v1/hub').then(() => last.close());
  });
  assert.deepEqual(made, ['cycle:http']);
});

test('a client works while others come and go', async (t) => {
  const { socketPath } = await serve(t);
  await leavesNothing(async () => {
    const lasting = getClient({ token: 't', socketPath });
    for (let round = 0; round < 3; round += 1) {
      const short = getClient({ token: 't', socketPath });
      const calls = [lasting.GET('/v1/hub'), short.GET('/v1/hub').finally(() => short.close()), lasting.GET('/v1/hub')];
      for (const { response } of await Promise.all(calls)) assert.equal(response.status, 200);
    }
    await lasting.close();
  });
});

test('a client of a protocol that is closed leaves nothing', async (t) => {
  const { socketPath } = await serve(t);
  await leavesNothing(async () => {
    const client = /** @type {any} */ (createProtocolClient(cycleProtocol, { token: 't', socketPath }));
    await assert.rejects(client.hub.get({}), /declared shape/);
    await client.close();
  });
});

test('a notification socket that is closed leaves nothing, and can be opened again', async (t) => {
  const { socketPath } = await serve(t);
  /** @type {NotificationSocket | undefined} */
  let socket;
  for (let round = 0; round < 3; round += 1) {
    await leavesNothing(async () => {
      socket ??= new NotificationSocket({ token: 't', socketPath });
      socket.connect();
      await once(socket, 'open');
      socket.close();
      await once(socket, 'close');
    });
  }
});

test('a notification socket that gave up leaves nothing', async () => {
  await leavesNothing(async () => {
    const socket = new NotificationSocket({ token: 't', socketPath: '/nowhere.sock', reconnect: false });
    const failed = once(socket, 'error').catch((error) => error);
    socket.connect();
    await failed;
  });
});

test('a simulator that is closed leaves nothing', async () => {
  await leavesNothing(async () => {
    const simulator = await startSimulator();
    await simulator.close();
  });
});

test('loading makes nothing that asynchronous hooks know of, but what the package uses', async () => {
  const { code, stdout, stderr } = await runChild('resources-of-loading');
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { loading: [], calling: ['cycle:http'] });
});
