// What `import` and `require` load: the files of `lib/` joined into two, because finding, reading and compiling a file
// takes longer than running it.
//
// `dist/index.js` has what a plain call needs, in one scope, and whatever reports a failure: a process that has no
// descriptor left, or may not read its own files any more, could not load that. `dist/later.js` has everything else, and
// is loaded when some of it is needed. It is given the modules of the first half, so that none is there twice.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';
import index from '../lib/index.js';
import { root } from './setup.mjs';

const FIRST = [
  'client',
  'debug',
  'environment-metadata',
  'error-envelope',
  'errors',
  'index',
  'native',
  'native-client',
  'native-missing',
  'notification-socket',
  'pending',
  'plain-call',
  'plain-request',
  'read-response',
  'response',
  'signal',
  'timers',
];

/** Characters of a line. Node prints the line that throws. */
const LINE = 100;

const lib = join(root, 'lib');
const dist = join(root, 'dist');
const isFirst = (/** @type {string} */ module) => FIRST.includes(module);

/** Modules of the one half that the other asks for. */
const asked = { first: /** @type {Set<string>} */ (new Set()), later: /** @type {Set<string>} */ (new Set()) };

/** How each file of `lib/` ends. */
const EXPORTS = /^module\.exports = (\{[^}]*\});$/m;

/** @param {string} module */
function exportsOf(module) {
  return EXPORTS.exec(readFileSync(join(lib, `${module}.js`), 'utf8'))?.[1];
}

/**
 * A file of the first half with its first and last lines as an ES module has them: esbuild then joins it with others in
 * one scope. What is required later, inside a function, comes from the other half.
 *
 * @param {string} path
 */
function asModule(path) {
  return readFileSync(path, 'utf8')
    .replace(/^const (\{.*\}) = require\('\.\/(.*)'\);$/gm, "import $1 from './$2';")
    .replace(EXPORTS, 'export $1;')
    .replace(/\brequire\('\.\/([\w-]+)'\)/g, (_, module) => {
      asked.later.add(module);
      return `later('${module}')`;
    });
}

/**
 * Joins what an entry needs.
 *
 * @param {string} name
 * @param {string} entry code
 * @param {string} banner code
 */
async function joinModules(name, entry, banner) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: lib, sourcefile: `dist/${name}.js` },
    write: false,
    absWorkingDir: root,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    external: ['./later.js', '../binding.js', '../generated/topics.json'],
    minifySyntax: true,
    banner: { js: `'use strict';${banner}` },
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
    plugins: [
      {
        name: 'halves',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^\.\/[\w-]+$/ }, ({ path }) =>
            name === 'later' && isFirst(basename(path)) ? { path: basename(path), namespace: 'first' } : undefined,
          );
          onLoad({ filter: /./, namespace: 'first' }, ({ path }) => {
            asked.first.add(path);
            return { contents: `module.exports = first['${path}'];` };
          });
          onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) =>
            isFirst(basename(path, '.js')) ? { contents: asModule(path) } : undefined,
          );
        },
      },
    ],
  });
  // Less to read for the engine. What is not inside a function keeps its name, so that a stack says where it was; in the
  // second half everything is inside of one.
  const { code } = await transform(outputFiles[0].text, {
    minifyIdentifiers: name === 'index',
    minifyWhitespace: true,
    lineLimit: LINE,
  });
  writeFileSync(join(dist, `${name}.js`), code);
}

async function main() {
  mkdirSync(dist, { recursive: true });
  const names = Object.keys(index);
  // Twice: what the one half asks of the other is known when both were joined.
  for (const _ of ['to see what is asked for', 'to write it']) {
    const first = [...asked.first].sort();
    await joinModules(
      'index',
      // Written so that Node finds the names that can be imported.
      `import { ${names} } from './index';
      ${first.map((module) => `import ${exportsOf(module)} from './${module}';`).join('\n')}
      first = () => ({ ${first.map((module) => `'${module}': ${exportsOf(module)}`)} });
      module.exports = { ${names} };`,
      "let first,rest;const later=name=>(rest??=require('./later.js')(first()))[name];",
    );
    const getters = [...asked.later].sort().map((module) => `get '${module}'() { return require('./${module}'); }`);
    await joinModules(
      'later',
      `const later = { ${getters} };
      module.exports = (table) => { first = table; return later; };`,
      'let first;',
    );
  }
  writeFileSync(join(dist, 'index.d.ts'), "import cycle = require('../lib/index');\n\nexport = cycle;\n");
}

await main();
