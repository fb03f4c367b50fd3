import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { typeErrors } from './program.mjs';

const testing = join(fileURLToPath(import.meta.url), '..', '..', '..', 'testing.js');

/** @param {string} program */
function errors(program) {
  const text = `import { startSimulator } from ${JSON.stringify(testing)};
    const simulator = await startSimulator();
    ${program}
    export {};`;
  return typeErrors({ 'program.mts': text }).filter(({ file }) => file === 'program.mts');
}

test('what is meant to be written is accepted', () => {
  const program = `
    await startSimulator({ world: { hub: { name: 'Mine' }, vpn_users: [] }, election: { deadlineMs: 100 } });
    await startSimulator({ world(world) { world.containers.pop(); } });
    const handle = simulator.respond('getHub', { status: 503, times: 2 });
    const calls: number = handle.calls;
    simulator.respond('GET /v1/anything', ({ query, json }) => ({ body: { query, json } }));
    simulator.respond('/v1/hub', async (request) => (request.method === 'GET' ? { text: 'hello' } : undefined));
    simulator.respond({ method: 'PUT', path: '/v2' }, { headers: { a: ['1', '2'] }, drop: 'body' });
    simulator.publish({ topic: 'container.state.changed', object: { id: 'c', state: 'running' } });
    const sent: Promise<number> = simulator.publishEvery(['text'], { perSecond: 10 }).done;
    const first: number | null | undefined = simulator.requests[0]?.status;
    simulator.unref().ref();
    await simulator.whenConnected(2);
    console.log(calls, sent, first);`;
  assert.deepEqual(errors(`declare const console: { log(...values: unknown[]): void };${program}`), []);
});

test('mistakes are found', () => {
  const mistakes = [
    `simulator.respond('getHubb', {});`,
    `simulator.respond('getHub', { stauts: 500 });`,
    `simulator.respond('getHub', { drop: 'tail' });`,
    `simulator.publish({ topic: 'container.state.chnaged' });`,
    `simulator.publish({ object: { id: 'c' } });`,
    `startSimulator({ socketpath: 'x' });`,
    `startSimulator({ world: { hub: { name: 1 } } });`,
    `simulator.requests[0]!.status = 3;`,
  ];
  for (const mistake of mistakes) assert.equal(errors(mistake).length, 1, mistake);
});
