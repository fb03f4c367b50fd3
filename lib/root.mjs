/**
 * The folder that a folder or file is in. Loading Node's own module for it would take longer.
 *
 * @param {string} path
 */
export function parentOf(path) {
  return path.slice(0, path.lastIndexOf('/'));
}

/** The folder of the package: the one that `dist/` is in. */
export const root = parentOf(import.meta.dirname);
