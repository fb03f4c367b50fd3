import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { schemaDocument } from './openapi.mjs';
import { undeclaredFields } from './undeclared.mjs';
import { readWorld } from './world.mjs';

/** @typedef {import('./world.mjs').Json} Json */

/** For each collection, the operation whose `data` it must match. */
const OPERATIONS = {
  hub: 'getHub',
  environment: 'getEnvironment',
  containers: 'getEnvironmentContainers',
  instances: 'getEnvironmentInstances',
  services: 'getEnvironmentServices',
  ips: 'getEnvironmentIPs',
  scoped_variables: 'getEnvironmentScopedVariables',
  certificates: 'getContainerCertificates',
  domains: 'getContainerDomains',
  networks: 'getNetworks',
  network_environments: 'getNetworkEnvironments',
  network_instances: 'getNetworkInstances',
  server: 'getServer',
  external_volumes: 'getServerExternalVolumes',
  server_images: 'getServerImages',
  telemetry: 'getServerInstancesTelemetry',
  virtual_machines: 'getEnvironmentVirtualMachines',
  virtual_machine_domains: 'getVirtualMachineDomains',
  virtual_machine_gateways: 'getVirtualMachineGateways',
};

const ID = { $ref: '#/components/schemas/ID' };
const TEXT = { type: 'string', minLength: 1 };

/** The schemas of collections that are not the answer of any operation. */
const OWN_SHAPES = {
  environment_metadata: { $ref: '#/components/schemas/EnvironmentMetadata' },
  self: object({ hub_id: ID, environment_id: ID, container_id: ID, instance_id: ID, server_id: ID, token: TEXT }),
  scoped_variable_durations: {
    type: 'object',
    additionalProperties: { anyOf: [{ $ref: '#/components/schemas/Duration' }, { type: 'number', minimum: 0 }] },
  },
  integrations: { type: 'array', items: { $ref: '#/components/schemas/Integration' } },
  vpn_users: { type: 'array', items: object({ username: TEXT, password: TEXT }) },
};

/** Collections whose entries are `{ <owner>, value }`, because the value does not contain its owner. */
const OWNERS = { certificates: 'container_id', domains: 'container_id', virtual_machine_domains: 'virtual_machine_id' };

/** Formats of the API that are not part of JSON Schema. */
const FORMATS = {
  objectid: /^[0-9a-f]{24}$/,
  'ip-address': (/** @type {string} */ text) => isIP(text) > 0,
  cidr: isCidr,
};

/**
 * Makes the simulator's fixtures: the collections of world.yaml, checked against the declaration.
 *
 * @param {string} protocol folder that may hold world.yaml
 * @param {Json} document the bundled OpenAPI document
 * @returns {Promise<Json | undefined>} the collections by name; undefined without a world.yaml
 * @throws {Error} with every place where the world does not match the declaration
 */
export async function fixtures(protocol, document) {
  const text = await readFile(join(protocol, 'world.yaml'), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const world = readWorld(text, document);
  const problems = worldChecker(document, await metadataSchemas(protocol))(world);
  if (problems.length > 0) throw new Error(`world.yaml does not fit the declaration:\n${problems.join('\n')}`);
  return world;
}

/**
 * @param {string} protocol
 * @returns {Promise<Json>} the schema of the metadata file and those that it refers to, by name
 */
export async function metadataSchemas(protocol) {
  const name = 'EnvironmentMetadata';
  const { components } = await schemaDocument(protocol, name, `schemas/environment-metadata.yaml#/${name}`);
  return components.schemas;
}

/**
 * Makes a function that checks worlds against the declaration.
 *
 * @param {Json} document the bundled OpenAPI document
 * @param {Json} extra schemas that the document lacks, `EnvironmentMetadata` among them
 * @returns {(world: Json) => string[]} gives one line for each mismatch
 */
export function worldChecker(document, extra) {
  const checks = collectionChecks(collectionShapes(document), { ...document.components.schemas, ...extra });
  return (world) => {
    const missing = [...checks.keys()].filter((name) => !Object.hasOwn(world, name));
    const unknown = Object.keys(world).filter((name) => !checks.has(name));
    return [
      ...missing.map((name) => `${name} is missing`),
      ...unknown.map((name) => `${name} is not a collection`),
      ...[...checks].flatMap(([name, check]) => (Object.hasOwn(world, name) ? check(world[name]) : [])),
    ];
  };
}

/**
 * @param {Json} document
 * @returns {Json} a schema for each collection
 */
function collectionShapes(document) {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  /** @type {Json} */
  const shapes = { ...OWN_SHAPES };
  for (const [name, id] of Object.entries(OPERATIONS)) {
    const operation = operations.find(({ operationId }) => operationId === id);
    if (!operation) throw new Error(`the declaration has no operation ${id}, whose answer ${name} must match`);
    shapes[name] = operation.responses['200'].content['application/json'].schema.properties.data;
  }
  for (const [name, owner] of Object.entries(OWNERS)) {
    shapes[name] = { type: 'array', items: object({ [owner]: ID, value: shapes[name].items }) };
  }
  return shapes;
}

/**
 * @param {Json} shapes a schema for each collection
 * @param {Json} schemas what the shapes refer to, by name
 * @returns {Map<string, (value: unknown) => string[]>} a check for each collection
 */
function collectionChecks(shapes, schemas) {
  // OpenAPI adds keywords of its own, such as discriminator, which strict mode refuses.
  const ajv = new Ajv2020.default({ allErrors: true, strict: false, formats: FORMATS });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'world', components: { schemas }, $defs: shapes });
  const resolve = (/** @type {string} */ ref) => schemas[ref.replace('#/components/schemas/', '')];
  const checks = Object.entries(shapes).map(([name, shape]) => {
    const validate = ajv.compile({ $ref: `world#/$defs/${name}` });
    const check = (/** @type {unknown} */ value) => {
      validate(value);
      return [
        ...(validate.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`),
        ...undeclaredFields(value, shape, resolve, name).map((place) => `${place} is not declared`),
      ];
    };
    return /** @type {const} */ ([name, check]);
  });
  return new Map(checks);
}

/** @param {Json} properties all of them required, no others allowed */
function object(properties) {
  return { type: 'object', required: Object.keys(properties), properties, additionalProperties: false };
}

/** @param {string} text an address and a prefix length */
function isCidr(text) {
  const [address, length, ...rest] = text.split('/');
  const version = isIP(address);
  return version > 0 && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
}
