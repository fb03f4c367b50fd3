import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { binderProtocol, cycleProtocol } from '../protocol/builtin.mjs';
import { definitionOf } from '../protocol/definition.mjs';
import { UsageError } from './exit.mjs';

/**
 * @typedef {import('../protocol/definition.mjs').DefinedProtocol} DefinedProtocol
 *
 * @typedef {object} Source
 * @property {DefinedProtocol} definition
 * @property {import('../protocol/definition.mjs').ProtocolDescription} description
 * @property {'cycle' | 'binder' | undefined} builtin
 * @property {string} title
 * @property {object} protocol
 */

/**
 * Loads the protocol for the command line: `cycle`, `binder`, or a file that exports a declaration.
 *
 * @param {string} name
 * @returns {Promise<Source>}
 */
async function loadProtocol(name) {
  if (name === 'cycle' || name === 'binder') {
    const protocol = name === 'cycle' ? cycleProtocol() : binderProtocol();
    const definition = definitionOf(protocol);
    return { definition, description: definition.description, builtin: name, title: name, protocol };
  }
  const protocol = await loadFile(name);
  const definition = definitionOf(protocol);
  const { description } = definition;
  return { definition, description, builtin: undefined, title: description.name ?? name, protocol };
}

/**
 * @param {string} name
 * @returns {Promise<object>}
 */
async function loadFile(name) {
  const path = resolve(name);
  try {
    if (path.endsWith('.json')) {
      return JSON.parse(await readFile(path, 'utf8'));
    }
    const module = await import(pathToFileURL(path).href);
    return module.default?.default ?? module.default ?? module.protocol ?? { ...module };
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error);
    if (code === 'ERR_CYCLE_PROTOCOL_DECLARATION') {
      throw error;
    }
    const hint = 'Name a file that exports a declaration, or one of the built-in protocols: cycle, binder.';
    throw new UsageError(`the protocol ${name} cannot be loaded: ${message}`, { hint });
  }
}

export { loadProtocol };
