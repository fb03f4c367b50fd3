import { isDeepStrictEqual } from 'node:util';

/**
 * What is different between two lists, by ID.
 *
 * @typedef {object} Difference
 * @property {[id: string, entry: any][]} added
 * @property {[id: string, entry: any][]} removed
 * @property {{ id: string, before: any, after: any }[]} changed
 */

/**
 * Compares two lists, each entry in depth.
 *
 * @param {ReadonlyMap<string, any>} before
 * @param {ReadonlyMap<string, any>} after
 * @returns {Difference | undefined} undefined when they are equal
 */
function difference(before, after) {
  const added = [...after].filter(([id]) => !before.has(id));
  const removed = [...before].filter(([id]) => !after.has(id));
  const changed = [];
  for (const [id, entry] of after) {
    if (before.has(id) && !isDeepStrictEqual(before.get(id), entry)) {
      changed.push({ id, before: before.get(id), after: entry });
    }
  }
  return added.length + removed.length + changed.length > 0 ? { added, removed, changed } : undefined;
}

export { difference };
