// Joins the modules of `lib/` into a few files of CommonJS in `dist/`, which programs load. Finding, reading and compiling
// many files would take longer than running them.
//
// Each module is in exactly one of these files, so that an error class or the loaded addon exists once in a process,
// whichever entries of the package are loaded. It is in the first file of the list below that imports it; later files take
// it from there. What a module loads by `require` or `import()` is a file of its own. Packages of npm are included, unless
// package.json has them in `dependencies`. Constants are in each file that uses them: esbuild replaces them by numbers.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, transform } from 'esbuild';
import { platforms } from './package/platforms.mjs';
import { root } from './setup.mjs';

/**
 * The files of `dist/`, with the module at which each begins.
 *
 * `index` contains what a plain call needs, and everything that reports a failure, because a process without free file
 * descriptors, or without permission to read its files, could not load that later.
 */
const FILES = /** @type {const} */ ({
  index: 'lib/index.mjs',
  later: 'lib/later.mjs',
  live: 'lib/live.mjs',
  protocol: 'lib/protocol.mjs',
  testing: 'lib/testing.mjs',
  cli: 'lib/cli/main.mjs',
});

/** @typedef {keyof typeof FILES} File */

/** The type declarations of these files. */
const TYPES = {
  import: '../index.js',
  index: '../index.js',
  later: '../lib/later.mjs',
  live: '../live.js',
  protocol: '../lib/protocol.mjs',
  testing: '../testing.js',
  cli: '../lib/cli/main.mjs',
};

/** The module that contains only constants. */
const CONSTANTS = 'lib/bridge/wire.mjs';

/** Length of lines, in characters. Lines are short because Node prints the whole line that throws. */
const LINE = 100;

/** The property of `index`'s exports with the names that other files use. It is not enumerable. */
const INTERNALS = 'internals';

const dist = join(root, 'dist');

const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** @typedef {{ exports: string[], imports: string[] }} Module names, and the modules it imports */

const SETTINGS = /** @type {const} */ ({ absWorkingDir: root, write: false, platform: 'node', target: 'node20' });

/** @returns {Promise<Map<string, Module>>} all modules that the entries need, by path */
async function readModules() {
  const settings = /** @type {const} */ ({
    ...SETTINGS,
    logLevel: 'error',
    metafile: true,
    format: 'esm',
    outdir: dist,
  });
  const { metafile } = await build({
    ...settings,
    entryPoints: Object.values(FILES),
    bundle: true,
    packages: 'external',
    plugins: [{ name: 'outside', setup: keepOutside }],
  });
  const paths = Object.keys(metafile.inputs);
  const each = await build({ ...settings, entryPoints: paths, outbase: root });
  const names = new Map(Object.values(each.metafile.outputs).map(({ entryPoint, exports }) => [entryPoint, exports]));
  return new Map(
    paths.map((path) => {
      const imports = metafile.inputs[path].imports.filter(
        ({ kind, external }) => kind === 'import-statement' && !external,
      );
      return [path, { exports: names.get(path) ?? [], imports: imports.map((one) => one.path) }];
    }),
  );
}

/** @type {import('esbuild').BuildOptions['logOverride']} */
const QUIET = { 'commonjs-variable-in-esm': 'silent', 'empty-import-meta': 'silent' };

/**
 * Leaves files of the package outside of `lib/` out of the bundle, and makes their paths relative to `dist/`.
 *
 * @param {import('esbuild').PluginBuild} build
 */
function keepOutside({ onResolve }) {
  onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, namespace }) => {
    if (namespace === 'other') return { path, external: true };
    const file = relative(root, join(resolveDir, path));
    return file.startsWith('lib') ? undefined : { path: `../${file}`, external: true };
  });
}

/**
 * @param {Map<string, Module>} modules
 * @returns {Map<string, File>} by path of the module, the file of `dist/` that contains it
 */
function findOwners(modules) {
  /** @type {Map<string, File>} */
  const owners = new Map();
  /** @param {string} path @param {File} file @param {string[]} way */
  const claim = (path, file, way) => {
    if (way.includes(path)) throw new Error(`Modules import each other: ${[...way, path].join(' > ')}`);
    if (owners.has(path) || path === CONSTANTS) return;
    owners.set(path, file);
    for (const one of modules.get(path)?.imports ?? []) claim(one, file, [...way, path]);
  };
  for (const [file, entry] of Object.entries(FILES)) claim(entry, /** @type {File} */ (file), []);
  return owners;
}

/**
 * The names that a file exports, and the module of each: the exports of its first module, and of modules that other files
 * import.
 *
 * @param {File} file
 * @param {Map<string, Module>} modules
 * @param {Map<string, File>} owners
 */
function givenNames(file, modules, owners) {
  const asked = [...modules].filter(([path]) => owners.get(path) !== file).flatMap(([, { imports }]) => imports);
  const owned = [...new Set(asked)].filter((path) => owners.get(path) === file).sort();
  /** @type {Map<string, string>} */
  const givers = new Map();
  for (const path of owned) {
    for (const name of modules.get(path)?.exports ?? []) {
      if (givers.has(name))
        throw new Error(`Both ${givers.get(name)} and ${path} export ${name}: other files need both`);
      givers.set(name, path);
    }
  }
  const entry = FILES[file];
  const own = modules.get(entry)?.exports ?? [];
  for (const name of own) givers.set(name, givers.get(name) ?? entry);
  return { givers, own };
}

/**
 * @param {File} file
 * @param {Map<string, Module>} modules
 * @param {Map<string, File>} owners
 */
async function writeFile(file, modules, owners) {
  const { givers, own } = givenNames(file, modules, owners);
  const hidden = file === 'index';
  // Written in a form in which Node finds the names for `import`.
  const contents = [
    ...[...givers].map(([name, path]) => `import { ${name} } from './${path}';`),
    `module.exports = { ${hidden ? own : [...givers.keys()]} };`,
    // A getter, because many programs never load the files that use it.
    hidden
      ? `Object.defineProperties(module.exports, { ${INTERNALS}: { get: () => ({ ${[...givers.keys()]} }) } });`
      : '',
  ].join('\n');
  const { outputFiles } = await build({
    ...SETTINGS,
    stdin: { contents, resolveDir: root, sourcefile: `dist/${file}.js` },
    outfile: join(dist, `${file}.js`),
    bundle: true,
    external: Object.keys(dependencies),
    format: 'cjs',
    define: {
      PACKAGE_VERSION: JSON.stringify(version),
      PUBLISHED_TARGETS: JSON.stringify(platforms.map(({ name }) => name)),
    },
    minifySyntax: true,
    sourcemap: 'inline',
    sourcesContent: false,
    banner: { js: "'use strict';" },
    logOverride: QUIET,
    plugins: [
      { name: 'outside', setup: keepOutside },
      { name: 'others', setup: askOthers },
    ],
  });
  // Minified, so that the engine reads less. Top-level names are kept, so that stacks stay readable.
  const { code, map } = await transform(outputFiles[0].text, {
    minifyIdentifiers: true,
    minifyWhitespace: true,
    lineLimit: LINE,
    sourcemap: 'external',
    sourcefile: `dist/${file}.js`,
    sourcesContent: false,
  });
  writeOutput(`${file}.js`, `${code}//# sourceMappingURL=${file}.js.map\n`);
  writeOutput(`${file}.js.map`, map);

  /** @param {import('esbuild').PluginBuild} build */
  function askOthers({ onLoad, onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind }) => {
      const module = relative(root, join(resolveDir, path));
      const owner = owners.get(module);
      if (owner === undefined || (kind === 'import-statement' && owner === file)) return undefined;
      return kind === 'import-statement'
        ? { path: module, namespace: 'other' }
        : { path: `./${owner}.js`, external: true };
    });
    onLoad({ filter: /./, namespace: 'other' }, ({ path }) => {
      const owner = owners.get(path);
      const names = modules.get(path)?.exports.join();
      return {
        contents: `export const { ${names} } = require('./${owner}.js')${owner === 'index' ? `.${INTERNALS}` : ''};`,
      };
    });
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function writeOutput(name, text) {
  writeFileSync(join(dist, name), text);
}

/**
 * Writes the small file that `import` loads, which loads `index.js`. For `import`, Node searches a CommonJS file for its
 * names, and searching `index.js` would take much longer than running it.
 *
 * @param {string[]} names
 */
function writeImport(names) {
  const lines = ["'use strict';", "const index = require('./index.js');", 'module.exports = index;'];
  // Node's search finds the names in code that never runs.
  writeOutput('import.js', `${lines.join('\n')}\n0 && (module.exports = { ${names.join(', ')} });\n`);
}

async function main() {
  const modules = await readModules();
  const owners = findOwners(modules);
  mkdirSync(dist, { recursive: true });
  await Promise.all(Object.keys(FILES).map((file) => writeFile(/** @type {File} */ (file), modules, owners)));
  writeImport(modules.get(FILES.index)?.exports ?? []);
  for (const [file, types] of Object.entries(TYPES)) {
    writeOutput(`${file}.d.ts`, `export * from '${types}';\n`);
  }
}

await main();
