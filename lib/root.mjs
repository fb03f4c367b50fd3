/**
 * The folder that a folder or file is in. Loading Node's own module for it would take longer.
 *
 * @param {string} path
 */
export function parentOf(path) {
  return path.slice(0, path.lastIndexOf('/'));
}

/** The folder of the running file. A bundle of ES modules knows none: there the addon is where the bundler put it. */
export const here = typeof __dirname === 'string' ? __dirname : (import.meta.dirname ?? '');

/** The folder of the package: the one that `dist/` is in. */
export const root = parentOf(here);
