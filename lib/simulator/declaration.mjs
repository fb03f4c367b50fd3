import { definitionOf } from '../protocol/definition.mjs';

/**
 * What a simulator serves, as JSON texts for the addon.
 *
 * @typedef {object} ServedDeclaration
 * @property {string} operations the operation table
 * @property {string} document the OpenAPI document with the schemas
 * @property {string} simulation the behaviour of the operations
 * @property {string} fixtures the world
 * @property {string} [protocol] a declared protocol, which replaces all of these
 */

/**
 * The declaration of the internal API. Its files are loaded by `require`, so that bundlers include them.
 *
 * @returns {ServedDeclaration}
 */
function internalApi() {
  return {
    operations: JSON.stringify(require('../../generated/operations.json')),
    document: JSON.stringify(require('../../generated/openapi.json')),
    simulation: JSON.stringify(require('../../generated/simulation.json')),
    fixtures: JSON.stringify(require('../../generated/fixtures.json')),
  };
}

/**
 * The declaration for a declared protocol.
 *
 * @param {object} protocol
 * @returns {ServedDeclaration}
 */
function declaredProtocol(protocol) {
  const { json } = definitionOf(protocol);
  return { operations: '', document: '', simulation: '', fixtures: '', protocol: json };
}

export { declaredProtocol, internalApi };
