import { parse } from 'yaml';

/** @typedef {{ [key: string]: any }} Json */

/**
 * Reads world.yaml: resolves aliases and merge keys, drops the top-level keys `x-...`, which only contain parts for reuse,
 * and adds what can be derived: the service containers and the instances on shared networks.
 *
 * @param {string} text content of world.yaml
 * @param {Json} document the bundled OpenAPI document; its summary schemas list the fields that a service's parts keep
 * @returns {Json} the collections by name
 */
export function readWorld(text, document) {
  const source = parse(text, { merge: true, maxAliasCount: -1 });
  const parts = Object.entries(source).filter(([name]) => !name.startsWith('x-'));
  // Copied by JSON, so that no object is in two places.
  const world = JSON.parse(JSON.stringify(Object.fromEntries(parts)));
  world.services = serviceContainers(world, document.components.schemas);
  world.network_instances = [...world.instances, ...world.network_instances];
  return world;
}

/**
 * @param {Json} world
 * @param {Json} schemas
 */
function serviceContainers(world, schemas) {
  /** @type {Json} */
  const services = {};
  for (const [name, id] of Object.entries(world.services)) {
    const container = world.containers.find((/** @type {Json} */ entry) => entry.id === id);
    if (!container) throw new Error(`services.${name} refers to a container that does not exist: ${id}`);
    const instances = world.instances.filter((/** @type {Json} */ entry) => entry.container_id === id);
    services[name] = {
      container: pick(container, schemas.ContainerSummary),
      instances: instances.map((/** @type {Json} */ entry) => pick(entry, schemas.InstanceSummary)),
    };
  }
  return services;
}

/**
 * Keeps the fields that a schema declares.
 *
 * @param {Json} entry
 * @param {Json} schema
 */
function pick(entry, schema) {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => field in schema.properties));
}
