// The world fits the declaration, and what does not fit is reported.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fixtures, metadataSchemas, worldChecker } from '../scripts/generate/fixtures.mjs';
import { readWorld } from '../scripts/generate/world.mjs';

/** @typedef {{ [key: string]: any }} Json */

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** @type {Json} */
const world = readJson('../generated/fixtures.json');
/** @type {Json} */
const document = readJson('../generated/openapi.json');
const protocol = fileURLToPath(new URL('../protocol/cycle', import.meta.url));
const check = worldChecker(document, await metadataSchemas(protocol));

test('every collection fits the declaration', () => {
  assert.deepEqual(check(world), []);
});

test('the generated fixtures are those of world.yaml', async () => {
  assert.deepEqual(await fixtures(protocol, document), world);
});

test('without a world there are no fixtures', async () => {
  assert.equal(await fixtures(fileURLToPath(new URL('.', import.meta.url)), document), undefined);
});

const faults = [
  {
    fault: 'a missing collection',
    change: (/** @type {Json} */ w) => delete w.telemetry,
    complaint: /^telemetry is missing$/,
  },
  {
    fault: 'an unknown collection',
    change: (/** @type {Json} */ w) => (w.planets = []),
    complaint: /^planets is not a collection$/,
  },
  {
    fault: 'a missing field',
    change: (/** @type {Json} */ w) => delete w.instances[2].state.changed,
    complaint: /^instances\/2\/state must have required property 'changed'$/,
  },
  {
    fault: 'a wrong type',
    change: (/** @type {Json} */ w) => (w.containers[0].lock = 'no'),
    complaint: /^containers\/0\/lock must be boolean$/,
  },
  {
    fault: 'a word that the declaration does not list',
    change: (/** @type {Json} */ w) => (w.environment.state.current = 'lively'),
    complaint: /^environment\/state\/current must be equal to one of the allowed values$/,
  },
  {
    fault: 'a malformed ID',
    change: (/** @type {Json} */ w) => (w.self.instance_id = 'web-1'),
    complaint: /^self\/instance_id must match format "objectid"$/,
  },
  {
    fault: 'a malformed address',
    change: (/** @type {Json} */ w) => (w.ips[0].ip = '203.0.113.256'),
    complaint: /^ips\/0\/ip must match format "ip-address"$/,
  },
  {
    fault: 'a malformed network',
    change: (/** @type {Json} */ w) => (w.ips[0].network = '203.0.113.0/33'),
    complaint: /^ips\/0\/network must match format "cidr"$/,
  },
  {
    fault: 'a malformed time',
    change: (/** @type {Json} */ w) => (w.server_images[0].access_time = 'yesterday'),
    complaint: /^server_images\/0\/access_time must match format "date-time"$/,
  },
  {
    fault: 'a misspelt field',
    change: (/** @type {Json} */ w) => (w.certificates[1].value.bundel = ''),
    complaint: /^certificates\/1\/value\/bundel is not declared$/,
  },
  {
    fault: 'a misspelt field behind a combination of schemas',
    change: (/** @type {Json} */ w) => (w.domains[0].value.record.type.linked.features.tsl = {}),
    complaint: /^domains\/0\/value\/record\/type\/linked\/features\/tsl is not declared$/,
  },
  {
    fault: 'metadata of the wrong shape',
    change: (/** @type {Json} */ w) => delete w.environment_metadata.private_network,
    complaint: /^environment_metadata must have required property 'private_network'$/,
  },
];

for (const { fault, change, complaint } of faults) {
  test(`${fault} is reported with its place`, () => {
    const changed = structuredClone(world);
    change(changed);
    const found = check(changed);
    assert.ok(
      found.some((line) => complaint.test(line)),
      found.join('\n') || 'no complaint',
    );
  });
}

test('a service without a container is an error', () => {
  assert.throws(
    () => readWorld('services: { vpn: abc }\ncontainers: []\ninstances: []', document),
    /services\.vpn refers to a container that does not exist: abc/,
  );
});
