import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { simulation } from '../../scripts/generate/simulation.mjs';

const operations = [{ operationId: 'getHub' }, { operationId: 'getServer' }];

/** @type {string} */
let folder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulation-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** @param {string} text what stands under `operations` */
function answers(text) {
  writeFileSync(join(folder, 'simulation.yaml'), `operations: ${text}`);
  return simulation(folder, operations);
}

test('without a simulation.yaml there are no answers', async () => {
  assert.equal(await simulation(folder, operations), undefined);
});

test('each operation has its answer', async () => {
  assert.deepEqual(await answers('{ getHub: { give: hub }, getServer: { give: server } }'), {
    operations: { getHub: { give: 'hub' }, getServer: { give: 'server' } },
  });
});

test('an operation that does not exist is an error', async () => {
  await assert.rejects(answers('{ getHub: {}, getServer: {}, getMoon: {} }'), /unknown operations: getMoon/);
});

test('an operation without an answer is an error', async () => {
  await assert.rejects(answers('{ getHub: {} }'), /no answer for: getServer/);
});
