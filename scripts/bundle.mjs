// What `import` and `require` load: the files of `lib/` joined into two, because finding, reading and compiling a file
// takes longer than running it.
//
// `dist/index.js` has what a plain call needs, in one scope; `dist/later.js` has everything else. Both have the modules
// of the first half in the variable `first`, so that none is there twice.

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup.mjs';

const FIRST = ['client', 'debug', 'index', 'native', 'native-client', 'read-response', 'request-headers', 'signal'];

const lib = join(root, 'lib');
const isFirst = (/** @type {string} */ module) => FIRST.includes(module);

/**
 * A file with its first and last lines as an ES module has them: esbuild then joins it with others in one scope. What
 * is required later, inside a function, stays as it is.
 *
 * @param {string} path
 */
function asModule(path) {
  return readFileSync(path, 'utf8')
    .replace(/^const (\{.*\}) = require\('\.\/(.*)'\);$/gm, (line, names, module) =>
      isFirst(module) ? `import ${names} from './${module}';` : line,
    )
    .replace(/^module\.exports = (\{ .* \});$/m, 'export $1;')
    .replace(/^module\.exports = /m, 'export default ');
}

/**
 * Joins what an entry needs, apart from the modules of the other half.
 *
 * @param {string} name
 * @param {object} half
 * @param {string} half.entry code
 * @param {(module: string) => boolean} half.has whether a module of `lib/` belongs to this half
 * @param {(module: string) => string} half.other code that exports what a module of the other half does
 */
async function joinModules(name, { entry, has, other }) {
  await build({
    stdin: { contents: entry, resolveDir: lib, sourcefile: `dist/${name}.js` },
    outfile: join(root, 'dist', `${name}.js`),
    absWorkingDir: root,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    external: ['./later.js', '../binding.js'],
    banner: { js: "'use strict';\nlet first;" },
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
    plugins: [
      {
        name: 'halves',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^\.\/[\w-]+$/ }, ({ path }) =>
            has(basename(path)) ? undefined : { path: basename(path), namespace: 'other' },
          );
          onLoad({ filter: /./, namespace: 'other' }, ({ path }) => ({ contents: other(path), resolveDir: lib }));
          onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) =>
            isFirst(basename(path, '.js')) ? { contents: asModule(path) } : undefined,
          );
        },
      },
    ],
  });
}

async function main() {
  /** @type {Set<string>} */
  const later = new Set();
  const shared = FIRST.filter((module) => module !== 'index');
  await joinModules('index', {
    entry: `import index from './index';
      ${shared.map((module, i) => `import * as m${i} from './${module}';`).join('\n')}
      first = { ${shared.map((module, i) => `'${module}': m${i}`)} };
      module.exports = index;`,
    has: isFirst,
    other: (module) => {
      later.add(module);
      return `module.exports = require('./later.js')(first)['${module}'];`;
    },
  });
  const getters = [...later].sort().map((module) => `get '${module}'() { return require('./${module}'); }`);
  await joinModules('later', {
    entry: `const later = { ${getters} };
      module.exports = (table) => { first = table; return later; };`,
    has: (module) => !isFirst(module),
    other: (module) => `module.exports = first['${module}'];`,
  });
  writeFileSync(join(root, 'dist', 'index.d.ts'), "import cycle = require('../lib/index');\n\nexport = cycle;\n");
}

await main();
