import { definitionOf } from '../protocol/definition.mjs';

/**
 * The environment variables with which a program uses a simulator. `variables` are those that the platform sets.
 *
 * @param {{ token: string, socketPath?: string, metadataPath?: string, host: string, port?: number }} place
 * @param {Record<string, string>} variables
 * @param {object | undefined} protocol
 * @returns {import('../../testing.js').SimulatorEnvironment}
 */
function environment({ token, socketPath, metadataPath, host, port }, variables, protocol) {
  /** @type {Record<string, string | number | undefined>} */
  const values = { ...variables };
  if (protocol === undefined) {
    Object.assign(values, { CYCLE_API_TOKEN: token, CYCLE_API_SOCKET: socketPath, CYCLE_METADATA_PATH: metadataPath });
  } else {
    const { description } = definitionOf(protocol);
    const known = { [description.credentialParam]: token, 'socket-path': socketPath, host: port && host, port };
    for (const { name, env } of description.options) {
      if (env !== null) values[env] = /** @type {Record<string, string | number | undefined>} */ (known)[name];
    }
  }
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return /** @type {any} */ (Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
}

export { environment };
