// Collects the licences of all code in a tarball, from the folders in which package managers have installed it.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {{ name: string, version: string, licence: string, folder: string }} Part */

/** The names of files with the text of a licence. */
const TEXTS = /^(licen[cs]e|copying|notice|unlicense|copyright)([-._].*)?$/i;

/**
 * The crates that are linked into the addon.
 *
 * @param {any} metadata output of `cargo metadata --filter-platform`
 * @returns {Part[]}
 */
export function crates({ packages, resolve }) {
  const nodes = new Map(resolve.nodes.map((/** @type {any} */ node) => [node.id, node]));
  const linked = new Set();
  const waiting = [resolve.root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (!linked.has(id)) {
      linked.add(id);
      const normal = nodes.get(id).deps.filter((/** @type {any} */ { dep_kinds }) =>
        // Without dependencies of tests and build scripts.
        dep_kinds.some((/** @type {any} */ { kind }) => kind === null),
      );
      waiting.push(...normal.map((/** @type {any} */ { pkg }) => pkg));
    }
  }
  return packages
    .filter((/** @type {any} */ { id }) => linked.has(id) && id !== resolve.root)
    .map((/** @type {any} */ { name, version, license, manifest_path }) => ({
      name,
      version,
      licence: license ?? 'in its text',
      folder: dirname(manifest_path),
    }));
}

/**
 * The packages of npm with these names, and all that they depend on.
 *
 * @param {string} root
 * @param {string[]} names
 * @returns {Part[]}
 */
export function npmPackages(root, names) {
  const found = new Map();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (!found.has(name)) {
      const folder = join(root, 'node_modules', name);
      const { version, license, dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      found.set(name, { name, version, licence: license ?? 'in its text', folder });
      waiting.push(...Object.keys(dependencies));
    }
  }
  return [...found.values()];
}

/**
 * The packages of npm whose code is in the files of `dist/`, according to their source maps.
 *
 * @param {string} dist
 * @returns {string[]} names
 */
export function bundledPackages(dist) {
  const maps = readdirSync(dist).filter((name) => name.endsWith('.map'));
  const sources = maps.flatMap((name) => JSON.parse(readFileSync(join(dist, name), 'utf8')).sources);
  const names = sources.map(
    (/** @type {string} */ source) => /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1],
  );
  return [...new Set(names.filter((name) => name !== undefined))];
}

/**
 * Makes one page with the licence of each part. Each text is shown once.
 *
 * @param {Part[]} parts
 */
export function licencesPage(parts) {
  const sorted = [...parts].sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
  /** @type {Map<string, string[]>} */
  const texts = new Map();
  for (const { name, version, folder } of sorted) {
    const files = readdirSync(folder, { withFileTypes: true }).filter((file) => file.isFile() && TEXTS.test(file.name));
    for (const file of files.map((one) => one.name).sort()) {
      const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
      texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
    }
  }
  const list = sorted.map(({ name, version, licence }) => `- ${name} ${version}: ${licence}`);
  const sections = [...texts].map(([text, users]) => `${'-'.repeat(80)}\n${users.join(', ')}\n\n${text}\n`);
  return ['This package contains or depends on the following software.\n', ...list, '', ...sections].join('\n');
}
