import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { operationTable } from '../../scripts/generate/operations.mjs';
import { newerFacts as facts } from '../types/facts.mjs';

/** @type {any[]} */
const table = JSON.parse(readFileSync(new URL('../../generated/operations.json', import.meta.url), 'utf8'));

test('the table has every known operation with its parameters, body and schemes', () => {
  assert.deepEqual(
    table.map(({ operationId, method, path, params, body, auth }) => ({
      operationId,
      method,
      path,
      params: params.map((/** @type {any} */ { name, required }) => ({ name, required })),
      body: body && { required: body.required, mediaType: body.mediaType },
      auth,
    })),
    facts.endpoints.map((/** @type {any} */ { operationId, method, path, params, requestBody, security }) => ({
      operationId,
      method: method.toUpperCase(),
      path,
      params: params.map((/** @type {any} */ { name, required }) => ({ name, required })),
      body: requestBody ? { required: requestBody.required, mediaType: requestBody.mediaType } : null,
      auth: security,
    })),
  );
});

test('operations are grouped by the noun their path starts with', () => {
  const groups = [...new Set(table.map(({ group }) => group))];
  assert.deepEqual(groups, [
    'conductor',
    'container',
    'environment',
    'ha',
    'hub',
    'monitoring',
    'object-cache',
    'sdn',
    'server',
    'virtual-machine',
    'vpn',
  ]);
  assert.equal(table.find(({ path }) => path === '/v1/containers/domains').group, 'container');
});

test('answers that are not the default error are listed as failures', () => {
  const failing = table.filter(({ failures }) => failures.length > 0);
  assert.deepEqual(
    failing.map(({ operationId, failures }) => [operationId, failures[0].status]),
    [['validateVPNLogin', 403]],
  );
  assert.deepEqual(failing[0].failures[0].schema.properties.data.enum, [false]);
  assert.ok(table.every(({ success }) => success.status === 200 && success.schema));
});

test('parameters of a path reach its operations, and an operation may need no scheme', () => {
  const [row] = operationTable({
    security: [{ token: [] }],
    paths: {
      '/v1/things/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, description: 'ID.', schema: { type: 'string' } }],
        delete: { operationId: 'deleteThing', security: [], responses: { 204: { description: 'Gone.' } } },
      },
    },
  });
  assert.equal(row.method, 'DELETE');
  assert.equal(row.group, 'things');
  assert.deepEqual(
    row.params.map((/** @type {any} */ { name, in: place }) => [name, place]),
    [['id', 'path']],
  );
  assert.deepEqual(row.auth, []);
  assert.deepEqual(row.success, { status: 204, description: 'Gone.', schema: null });
});
