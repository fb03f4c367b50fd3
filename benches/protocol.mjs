// What a call of the protocol client costs beside a plain call that gets the same answer: CPU time of the process.
// `node benches/protocol.mjs`, after a release build.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getClient } from '../dist/index.js';
import { createProtocolClient, cycleProtocol } from '../protocol.js';
import { startSimulator } from '../testing.js';
import { median } from './statistics.mjs';

const ROUNDS = 15;
const CALLS = 3000;

/** @type {Record<string, (client: any) => Promise<unknown>>} */
const ENDPOINTS = {
  '/v1/environment': (client) => client.environment.get(),
  '/v1/environment/instances': (client) => client.environment.instances(),
};

/** Answers each path with its body, in a process of its own. */
function serve() {
  process.once('message', (/** @type {any} */ { socketPath, bodies }) => {
    const server = createServer((request, response) => {
      const body = bodies[request.url ?? ''];
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
    server.listen(socketPath, () => process.send?.('listening'));
  });
}

/** The answers of the simulator. */
async function readBodies() {
  const simulator = await startSimulator();
  /** @type {any} */
  const client = getClient({ socketPath: simulator.socketPath, token: simulator.token });
  /** @type {Record<string, string>} */
  const bodies = {};
  for (const path of Object.keys(ENDPOINTS)) {
    bodies[path] = JSON.stringify((await client.GET(path)).data);
  }
  client.close();
  await simulator.close();
  return bodies;
}

/**
 * CPU time of a call, in microseconds.
 *
 * @param {() => Promise<unknown>} call
 * @param {number} inFlight
 */
async function cpuUs(call, inFlight) {
  const before = process.cpuUsage();
  const worker = async () => {
    for (let i = 0; i < CALLS / inFlight; i += 1) await call();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-bench-'));
  const socketPath = join(folder, 'api.sock');
  const bodies = await readBodies();
  const server = fork(fileURLToPath(import.meta.url), ['server']);
  server.send({ socketPath, bodies });
  await once(server, 'message');
  /** @type {any} */
  const plain = getClient({ socketPath, token: 'token' });
  const protocol = createProtocolClient(cycleProtocol, { socketPath, token: 'token' });
  for (const [path, call] of Object.entries(ENDPOINTS)) {
    for (const inFlight of [1, 64]) {
      /** @type {number[]} */
      const ratios = [];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const cost = await cpuUs(() => plain.GET(path), inFlight);
        const ratio = (await cpuUs(() => call(protocol), inFlight)) / cost;
        // Compilers find in the first round what is hot.
        if (round > 0) ratios.push(ratio);
      }
      const size = `${Math.round(Buffer.byteLength(bodies[path]) / 100) / 10} KB`;
      console.log(`${path} (${size}), ${inFlight} in flight: ${median(ratios).toFixed(2)} times a plain call`);
    }
  }
  server.kill();
  plain.close();
  rmSync(folder, { recursive: true });
  process.exit();
}

if (process.argv[2] === 'server') serve();
else await measure();
