/** @typedef {import('./difference.mjs').Difference} Difference */

/**
 * The entries of a list by ID: a Map that only its mirror can change. Entries are frozen, so that a program cannot make them
 * differ from the platform's by mistake.
 *
 * @extends {Map<string, any>}
 */
class Collection extends Map {
  /** @override @returns {never} */
  set() {
    throw readOnly();
  }

  /** @override @returns {never} */
  delete() {
    throw readOnly();
  }

  /** @override @returns {never} */
  clear() {
    throw readOnly();
  }

  /** @param {(entry: any, id: string) => unknown} predicate */
  filter(predicate) {
    return [...this].filter(([id, entry]) => predicate(entry, id)).map(([, entry]) => entry);
  }

  /** @param {(entry: any, id: string) => unknown} predicate */
  find(predicate) {
    for (const [id, entry] of this) {
      if (predicate(entry, id)) {
        return entry;
      }
    }
    return undefined;
  }
}

/**
 * Makes a collection equal to a newer list. Entries that did not change stay the same objects.
 *
 * @param {Collection} collection
 * @param {Difference} difference
 */
function update(collection, { added, removed, changed }) {
  for (const [id] of removed) {
    Map.prototype.delete.call(collection, id);
  }
  for (const { id, after } of changed) {
    Map.prototype.set.call(collection, id, after);
  }
  for (const [id, entry] of added) {
    Map.prototype.set.call(collection, id, entry);
  }
}

/**
 * Freezes a value of JSON with all that is in it.
 *
 * @param {any} value
 */
function freeze(value) {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
}

function readOnly() {
  return new TypeError('A mirrored collection cannot be changed: it shows what the platform has.');
}

export { Collection, freeze, update };
