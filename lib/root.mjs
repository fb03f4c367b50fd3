/**
 * The folder that contains a folder or file. Faster than loading `node:path`.
 *
 * @param {string} path
 */
export function parentOf(path) {
  return path.slice(0, path.lastIndexOf('/'));
}

/** The folder of the running file; empty in a bundle of ES modules, where the bundler has put the addon somewhere. */
export const here = typeof __dirname === 'string' ? __dirname : (import.meta.dirname ?? '');

/** The folder of the package, which contains `dist/`. */
export const root = parentOf(here);
