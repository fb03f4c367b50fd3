import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openapi } from '../../scripts/generate/openapi.mjs';
import { document, newerFacts as facts } from '../types/facts.mjs';

const protocol = fileURLToPath(new URL('../../protocol/cycle', import.meta.url));
const prose = ['description', 'summary', 'tags'];

/** @type {any} */
let declared;

before(async () => {
  declared = await openapi(protocol);
});

/**
 * The value without prose, with the keys of objects in order. A null that an enumeration lists beside its type goes
 * too: the facts leave it to the type.
 *
 * @param {any} value
 * @param {string} [key] where the value stood
 * @returns {any}
 */
function bare(value, key) {
  if (Array.isArray(value)) {
    const items = value.filter((item) => !(key === 'enum' && item === null)).map((item) => bare(item));
    return key === 'required' ? items.sort() : items;
  }
  if (value === null || typeof value !== 'object') return value;
  const isMap = key === 'properties' || key === 'schemas' || key === 'mapping';
  return Object.fromEntries(
    Object.keys(value)
      .filter((name) => isMap || !prose.includes(name))
      .sort()
      .map((name) => [name, bare(value[name], isMap ? undefined : name)]),
  );
}

/**
 * Calls `visit` for a schema and all schemas inside it, with the place of each.
 *
 * @param {any} schema
 * @param {string} place
 * @param {(schema: any, place: string) => void} visit
 */
function walk(schema, place, visit) {
  visit(schema, place);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) walk(inner, `${place}.${name}`, visit);
  for (const inner of [schema.items, schema.additionalProperties]) {
    if (typeof inner === 'object') walk(inner, `${place}[]`, visit);
  }
  for (const word of ['oneOf', 'anyOf', 'allOf']) {
    (schema[word] ?? []).forEach((/** @type {any} */ inner, /** @type {number} */ index) => {
      walk(inner, `${place}/${word}/${index}`, visit);
    });
  }
}

/** @returns {[string, any][]} name and declaration of each operation */
function operations() {
  return Object.values(declared.paths).flatMap((item) =>
    Object.values(item).map(
      (/** @type {any} */ operation) => /** @type {[string, any]} */ ([operation.operationId, operation]),
    ),
  );
}

test('every schema is as known, with formats, patterns and defaults', () => {
  const known = document(facts).components.schemas;
  // A target may have the properties of several branches, so the declaration calls this a choice of any, not of one.
  const linked = known.DnsRecordTypes.properties.linked.allOf[1];
  linked.anyOf = linked.oneOf;
  delete linked.oneOf;
  assert.deepEqual(Object.keys(declared.components.schemas).sort(), Object.keys(known).sort());
  for (const name of Object.keys(known)) {
    assert.deepEqual(bare(declared.components.schemas[name]), bare(known[name]), name);
  }
});

test('every operation is as known', () => {
  const known = document(facts).paths;
  assert.deepEqual(Object.keys(declared.paths), Object.keys(known));
  for (const fact of facts.endpoints) {
    const operation = declared.paths[fact.path][fact.method];
    const { parameters, requestBody, responses } = known[fact.path][fact.method];
    assert.equal(operation.operationId, fact.operationId);
    assert.deepEqual(bare(operation.requestBody), bare(requestBody), fact.operationId);
    assert.deepEqual(bare(operation.responses), bare(responses), fact.operationId);
    assert.deepEqual(
      bare(operation.parameters ?? []),
      // Both are what OpenAPI takes for granted.
      bare(parameters).map((/** @type {any} */ { style, explode, ...parameter }) => {
        assert.deepEqual({ style, explode }, { style: 'form', explode: true });
        return parameter;
      }),
    );
    const schemes = (operation.security ?? declared.security).flatMap((/** @type {any} */ one) => Object.keys(one));
    assert.deepEqual(schemes, fact.security, fact.operationId);
  }
});

test('all operations, parameters, bodies and answers are described', () => {
  const silent = [];
  for (const [name, operation] of operations()) {
    if (!operation.summary || !operation.description) silent.push(name);
    for (const parameter of operation.parameters ?? []) {
      if (!parameter.description) silent.push(`${name} ${parameter.name}`);
    }
    if (operation.requestBody && !operation.requestBody.description) silent.push(`${name} body`);
    for (const [status, answer] of Object.entries(operation.responses)) {
      if (!answer.$ref && !answer.description) silent.push(`${name} ${status}`);
    }
  }
  assert.deepEqual(silent, []);
});

test('all schemas and properties are described', () => {
  /** @type {string[]} */
  const silent = [];
  /** @type {(schema: any, place: string) => void} */
  const visit = (schema, place) => {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (!property.description) silent.push(`${place}.${name}`);
    }
  };
  for (const [name, schema] of Object.entries(declared.components.schemas)) {
    if (!schema.description) silent.push(name);
    walk(schema, name, visit);
  }
  for (const [name, operation] of operations()) {
    for (const part of [operation.requestBody, ...Object.values(operation.responses)]) {
      for (const { schema } of Object.values(part?.content ?? {})) walk(schema, name, visit);
    }
  }
  assert.deepEqual(silent, []);
});

test('known defects of the platform are named where they are', () => {
  const { schemas } = declared.components;
  const places = {
    'ContainerIntegrations.backups': [schemas.ContainerIntegrations.properties.backups, /`destination`/],
    Error: [schemas.Error, /`status`, `code` and `title`/],
    HubMembership: [schemas.HubMembership, /`permissions` and `prefereneces`/],
    'HubMembership.preferences.email': [
      schemas.HubMembership.properties.preferences.properties.email,
      /`notifications`/,
    ],
    InstanceSummary: [schemas.InstanceSummary, /`events`/],
    IntegrationDefinition: [schemas.IntegrationDefinition, /`required_fields`/],
    Ip: [schemas.Ip, /`assingment`/],
    SchedulerEnvironmentService: [schemas.SchedulerEnvironmentService, /`high_availablity`/],
    VpnEnvironmentService: [schemas.VpnEnvironmentService, /`high_availability`/],
  };
  for (const [place, [schema, names]] of Object.entries(places)) {
    assert.match(schema.description, /Known defect: /, place);
    assert.match(schema.description, names, place);
  }
});
