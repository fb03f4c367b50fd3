'use strict';

const http = require('node:http');
const { WebSocketServer } = require('ws');
const { json } = require('./http-server.js');
const { listen } = require('./listener.js');
const { temporarySocketPath } = require('./temporary-folder.js');

/** Where the list of each resource is. */
const PATHS = {
  containers: '/v1/environment/containers',
  instances: '/v1/environment/instances',
  services: '/v1/environment/services',
  ips: '/v1/environment/ips',
  virtualMachines: '/v1/environment/virtual-machines',
};

/**
 * A list that was asked for.
 *
 * @typedef {object} Asked
 * @property {keyof typeof PATHS} resource
 * @property {number} index counts from 0 for each resource
 * @property {number} begin when it came, and when it was answered, in milliseconds
 * @property {number | undefined} end
 */

/**
 * A platform with the lists of one environment and notifications, on node:http and ws.
 *
 * `lists` can be changed at any time. `answer` may be set: it gets each list that is asked for, and what it gives is answered in
 * place of the list: `{ status, body, headers }`, or `'drop'` to close the connection. It may be asynchronous: the list is read
 * after it. `handshake`, when set, is the status with which new notification sockets are refused.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 */
async function environmentPlatform(scope) {
  /** @type {Asked[]} */
  const asked = [];
  const peers = new WebSocketServer({ noServer: true });
  const running = { now: 0, most: 0 };
  const platform = {
    socketPath: temporarySocketPath(scope),
    /** @type {Record<keyof typeof PATHS, any>} */
    lists: {
      containers: [{ id: 'c1', name: 'api', state: { current: 'running' } }],
      instances: [{ id: 'i1', state: { current: 'running' }, container_id: 'c1' }],
      services: { discovery: { container: { id: 's1' }, instances: null } },
      ips: [],
      virtualMachines: [{ id: 'v1', state: { current: 'running' } }],
    },
    asked,
    running,
    /** @param {keyof typeof PATHS} resource */
    askedFor: (resource) => asked.filter((one) => one.resource === resource),
    /** @type {((list: Asked) => any) | undefined} */
    answer: undefined,
    /** @type {number | undefined} */
    handshake: undefined,
    handshakes: 0,
    peers: peers.clients,
    /** @param {string} topic @param {object} [more] */
    notify(topic, more = {}) {
      const message = JSON.stringify({ topic, object: { id: 'x' }, context: {}, ...more });
      for (const peer of peers.clients) peer.send(message);
    },
    /** @param {number} [code] without one, the connections are dropped */
    disconnect(code) {
      for (const peer of peers.clients) code === undefined ? peer.terminate() : peer.close(code);
    },
    close: async () => {},
    start: async () => {},
  };

  async function onRequest(request, response) {
    const [resource] = Object.entries(PATHS).find(([, path]) => path === request.url) ?? [];
    if (!resource) {
      json(response, { data: null, error: { status: 404, code: '404', title: 'not found' } }, 404);
      return;
    }
    const list = { resource, index: platform.askedFor(resource).length, begin: performance.now(), end: undefined };
    asked.push(list);
    const others = asked.filter((one) => one.resource === resource && one.end === undefined).length;
    running.most = Math.max(running.most, others);
    // Noted before the answer leaves, or when the client gives up.
    const end = () => {
      list.end ??= performance.now();
    };
    response.on('close', end);
    const other = await platform.answer?.(list);
    end();
    if (other === 'drop') {
      request.socket.destroy();
    } else if (other) {
      json(response, other.body ?? { data: null, error: other.error }, other.status, other.headers);
    } else {
      json(response, { data: platform.lists[resource] });
    }
  }

  platform.start = async () => {
    const server = http.createServer({ keepAliveTimeout: 60_000 }, onRequest);
    server.on('upgrade', (request, socket, head) => {
      platform.handshakes += 1;
      if (platform.handshake === undefined) {
        peers.handleUpgrade(request, socket, head, (peer) => peer.on('error', () => {}));
      } else {
        socket.end(`HTTP/1.1 ${platform.handshake} Refused\r\ncontent-length: 2\r\n\r\nno`);
      }
    });
    const { close } = await listen(scope, server, platform.socketPath);
    platform.close = close;
  };
  await platform.start();
  return platform;
}

/** A gate before answers: who asks waits until it is opened. */
function gate() {
  let open = () => {};
  const opened = new Promise((resolve) => {
    open = () => resolve(undefined);
  });
  return { opened, open };
}

module.exports = { environmentPlatform, gate, PATHS };
