// Programs that use the package. Each prints `answered 200`.

const CALL = `
async function main() {
  const client = getClient();
  const { data, response } = await client.GET('/v1/environment');
  console.log('answered', response.status, typeof data);
  await client.close();
}
`;

const NAME = '@cycleplatform/internal-api-client';

export const commonjs = `const { getClient } = require('${NAME}');\n${CALL}\nmain();\n`;

export const esm = `import { getClient } from '${NAME}';\n${CALL}\nawait main();\n`;

export const typescript = `import { getClient, type components } from '${NAME}';
type Environment = components['schemas']['Environment'];
async function main(): Promise<void> {
  const { data, response } = await getClient().GET('/v1/environment');
  const environment: Environment | null | undefined = data?.data;
  console.log('answered', response.status, typeof environment);
}
main();
`;

/** Makes the call in a worker thread. */
export const worker = `const { Worker, isMainThread } = require('node:worker_threads');
const { getClient } = require('${NAME}');
${CALL}
if (isMainThread) new Worker(__filename); else main();
`;

export const cluster = `const cluster = require('node:cluster');
const { getClient } = require('${NAME}');
${CALL}
if (cluster.isPrimary) cluster.fork(); else main().then(() => process.disconnect());
`;

/** Two copies of the package in one process, as when two dependencies bring it. */
export const twoCopies = `const { createRequire } = require('node:module');
const fs = require('node:fs');
fs.cpSync('node_modules', 'other/node_modules', { recursive: true });
const one = require('${NAME}');
const two = createRequire(process.cwd() + '/other/x.js')('${NAME}');
if (one === two) throw new Error('only one copy');
(async () => {
  for (const { getClient } of [one, two, one]) {
    console.log('answered', (await getClient().GET('/v1/environment')).response.status);
  }
})();
`;

/** @param {string} runner `vitest`, or anything else for a runner with globals */
export const testFile = (runner) => `${runner === 'vitest' ? "import { expect, test } from 'vitest';" : ''}
${runner === 'vitest' ? `import { getClient } from '${NAME}';` : `const { getClient } = require('${NAME}');`}
test('a call is answered', async () => {
  const { response } = await getClient().GET('/v1/environment');
  expect(response.status).toBe(200);
  expect(response).toBeInstanceOf(Response);
});
`;

/** Makes the call to its own simulator. */
export const simulated = `import { getClient } from '${NAME}';
import { startSimulator } from '${NAME}/testing';
const simulator = await startSimulator();
const client = getClient({ socketPath: simulator.socketPath, token: simulator.token });
console.log('answered', (await client.GET('/v1/environment')).response.status);
await simulator.close();
`;

/** Uses each part of the package once. */
export const everyPart = `import { once } from 'node:events';
import { connectNotifications, getClient, getEnvironmentMetadata } from '${NAME}';
import { startSimulator } from '${NAME}/testing';
const simulator = await startSimulator();
const { socketPath, token, metadataPath } = simulator;
const client = getClient({ socketPath, token });
console.log('answered', (await client.GET('/v1/environment')).response.status);
const socket = connectNotifications({ socketPath, token });
const notified = once(socket, 'notification');
await simulator.whenConnected();
simulator.publish({ topic: 'container.state.changed' });
console.log('notified of', (await notified)[0].topic);
socket.close();
const { data, error } = await getEnvironmentMetadata({ path: metadataPath, validate: true });
if (error) throw error;
console.log('in environment', data.id);
await client.close();
await simulator.close();
`;

export const simulatedCommonjs = `const { getClient } = require('${NAME}');
const { startSimulator } = require('${NAME}/testing');
(async () => {
  const simulator = await startSimulator();
  const client = getClient({ socketPath: simulator.socketPath, token: simulator.token });
  console.log('answered', (await client.GET('/v1/environment')).response.status);
  await simulator.close();
})();
`;
