import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/**
 * Reads the behaviour of the simulator: each operation, errors, notifications.
 *
 * @param {string} protocol folder that may hold simulation.yaml
 * @param {any[]} operations the operation table
 * @returns {Promise<object | undefined>} the parsed file; undefined without one
 * @throws when an operation does not exist, or has no answer
 */
export async function simulation(protocol, operations) {
  const text = await readFile(join(protocol, 'simulation.yaml'), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const table = parse(text);
  const answers = table.operations ?? {};
  const known = new Set(operations.map(({ operationId }) => operationId));
  const unknown = Object.keys(answers).filter((id) => !known.has(id));
  if (unknown.length > 0) throw new Error(`simulation.yaml names unknown operations: ${unknown.join(', ')}`);
  const silent = [...known].filter((id) => !(id in answers));
  if (silent.length > 0) throw new Error(`simulation.yaml has no answer for: ${silent.join(', ')}`);
  return table;
}
