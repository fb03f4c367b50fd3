// `npm run demo`: installs, builds, and demonstrates the package with a simulated platform.

import { once } from 'node:events';
import { build, installDependencies, say } from './setup.mjs';

installDependencies();
build();

const { connectNotifications, getClient, getEnvironmentMetadata } = await import('@cycleplatform/internal-api-client');
const { startSimulator } = await import('../testing.js');

const simulator = await startSimulator();
Object.assign(process.env, simulator.env);
say(`A simulated platform listens on ${simulator.socketPath}`);

const client = getClient();
await requests();
await metadata();
await notifications();
await pace();
await client.close();
await simulator.close();

async function requests() {
  say("client.GET('/v1/environment')");
  const environment = await client.GET('/v1/environment');
  if (environment.data) {
    const { name, id, cluster, state } = environment.data.data;
    console.log(
      `${environment.response.status}: environment "${name}" (${id}) in cluster ${cluster} is ${state.current}`,
    );
  }

  say("client.GET('/v1/environment/containers')");
  const containers = await client.GET('/v1/environment/containers');
  for (const container of containers.data?.data ?? []) {
    console.log(`- ${container.name.padEnd(16)} ${container.state.current}`);
  }

  say("client.POST('/v1/object-cache', …), and reading it back");
  const body = { scope: /** @type {const} */ ('environment'), key: 'greeting', value: 'hello', expires: '5m' };
  const saved = await client.POST('/v1/object-cache', { body });
  const read = await client.GET('/v1/object-cache', { params: { query: { scope: 'environment', key: 'greeting' } } });
  console.log(`${saved.response.status}, then ${read.response.status}: ${JSON.stringify(read.data?.data)}`);

  say('A query without the required key: an error answer');
  const query = /** @type {any} */ ({ scope: 'environment' });
  const { error, response } = await client.GET('/v1/object-cache', { params: { query } });
  console.log(`${response.status}: ${error?.error.code}: ${error?.error.title} (${error?.error.source})`);

  say('A socket that does not exist: an error that says what to do');
  await getClient({ socketPath: '/nowhere/api.sock' })
    .GET('/v1/environment')
    .catch((failure) => console.log(`${failure.code}: ${failure.message}`));
}

async function metadata() {
  say('getEnvironmentMetadata({ validate: true })');
  const { data, error } = await getEnvironmentMetadata({ validate: true });
  console.log(error ? error.message : `environment ${data?.id}, private network ${data?.private_network.ipv6.cidr}`);
}

async function notifications() {
  say("connectNotifications({ topics: ['container.*'] })");
  const socket = connectNotifications({ topics: ['container.*'], reconnectBaseDelayMs: 100 });
  socket.on('open', () => console.log('open'));
  socket.on('notification', ({ topic, object }) => console.log(`- ${topic}: ${object.state ?? object.id}`));
  socket.on('close', (code, reason) => console.log(`closed: ${code} ${reason}`));
  socket.on('reconnecting', (attempt, delayMs) => console.log(`attempt ${attempt} to reconnect, in ${delayMs} ms`));
  await once(socket, 'open');

  simulator.publish({ topic: 'container.state.changed', object: { id: 'web', state: 'running' } });
  await once(socket, 'notification');
  simulator.publish({ topic: 'image.new', object: { id: 'not asked for' } });
  simulator.publish({ topic: 'container.instance.state.changed', object: { id: 'web-1', state: 'stopping' } });
  await once(socket, 'notification');

  simulator.disconnect({ code: 1012, reason: 'restart' });
  await once(socket, 'open');
  socket.close();
  await once(socket, 'close');
}

async function pace() {
  const calls = 5000;
  say(`${calls} calls, one at a time`);
  const started = performance.now();
  for (let i = 0; i < calls; i += 1) {
    await client.GET('/v1/environment/services');
  }
  const microseconds = ((performance.now() - started) / calls) * 1000;
  console.log(`${microseconds.toFixed(0)} µs a call, the simulator's share included`);
}
