import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { definitionOf } from '../protocol/definition.mjs';
import { root } from '../root.mjs';

const GENERATED = join(root, 'generated');

/**
 * What a simulator serves: JSON texts, as the addon takes them.
 *
 * @typedef {object} ServedDeclaration
 * @property {string} operations the operation table
 * @property {string} document the OpenAPI document with the schemas
 * @property {string} simulation how the operations behave
 * @property {string} fixtures the collections
 * @property {string} [protocol] a declared protocol, which takes the place of all these
 */

/**
 * The internal API.
 *
 * @returns {ServedDeclaration}
 */
function internalApi() {
  const read = (/** @type {string} */ name) => readFileSync(join(GENERATED, name), 'utf8');
  return {
    operations: read('operations.json'),
    document: read('openapi.json'),
    simulation: read('simulation.json'),
    fixtures: read('fixtures.json'),
  };
}

/**
 * A declared protocol.
 *
 * @param {object} protocol
 * @returns {ServedDeclaration}
 */
function declaredProtocol(protocol) {
  const { json } = definitionOf(protocol);
  return { operations: '', document: '', simulation: '', fixtures: '', protocol: json };
}

export { declaredProtocol, internalApi };
