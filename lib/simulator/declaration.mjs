import { definitionOf } from '../protocol/definition.mjs';

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
 * The internal API. The files are loaded by `require`, since that is what bundlers see and take in.
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
