// Bundlers. If the package is inside the bundle, `node_modules` is removed before the program runs.

import * as programs from './programs.mjs';

/** @typedef {import('./cases.mjs').Case} Case */

const node = process.execPath;
const NAME = '@cycleplatform/internal-api-client';

/** The sources of a program, in each kind. */
const FILES = {
  'main.js': programs.commonjs,
  'main.mjs': programs.esm,
  'simulated.js': programs.simulatedCommonjs,
  'simulated.mjs': programs.simulated,
};

/**
 * A bundle that loads the package from `node_modules`.
 *
 * @param {string} name
 * @param {string[]} tools
 * @param {string[]} command
 * @param {Record<string, string>} [files]
 * @param {string} [output]
 * @returns {Case}
 */
const external = (name, tools, command, files = {}, output = 'out/main.cjs') => ({
  name: `${name}, external`,
  tools,
  files: { ...FILES, ...files },
  steps: [command, [node, output]],
});

/**
 * A bundle that contains the package.
 *
 * @param {string} name
 * @param {string[]} tools
 * @param {string[]} command
 * @param {string} output
 * @param {Record<string, string>} [files]
 * @returns {Case}
 */
const inside = (name, tools, command, output, files = {}) => ({
  name: `${name}, inside`,
  quick: tools.includes('esbuild'),
  tools,
  files: { ...FILES, ...files },
  steps: [command, ['rm', '-r', 'node_modules'], [node, output]],
});

/** The options of `docs/bundlers.md`. */
const ESBUILD = ['esbuild', '--bundle', '--platform=node', '--loader:.node=copy', '--log-level=error'];
const MODULES = [
  '--format=esm',
  "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
];

const MODULE = { 'package.json': '{ "type": "module" }' };

/** Starts a server on a free port, prints its answer to a request, and stops it. */
const SERVE = `const { spawn } = require('node:child_process');
const probe = require('node:net').createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address();
  probe.close(() => {
    const env = { ...process.env, HOSTNAME: '127.0.0.1', PORT: String(port) };
    const server = spawn(process.execPath, ['out/server.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    server.stdout.on('data', async function ready(chunk) {
      said += chunk;
      if (!said.includes('Ready')) return;
      server.stdout.off('data', ready);
      try {
        console.log(await (await fetch('http://127.0.0.1:' + port + '/api')).text());
      } finally {
        server.kill();
      }
    });
  });
});
`;

/** @type {Case} */
const next = {
  name: 'Next, standalone',
  tools: ['next@16', 'react@19', 'react-dom@19'],
  env: { NEXT_TELEMETRY_DISABLED: '1' },
  files: {
    'app/api/route.js': `import { getClient } from '${NAME}';
      export const dynamic = 'force-dynamic';
      export async function GET() {
        const { response } = await getClient().GET('/v1/environment');
        return new Response('answered ' + response.status);
      }`,
    'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
    'app/page.js': 'export default () => <p>Hello</p>;',
    'next.config.mjs': `export default { output: 'standalone', serverExternalPackages: ['${NAME}'],
      turbopack: { root: import.meta.dirname }, outputFileTracingRoot: import.meta.dirname };`,
    'serve.cjs': SERVE,
  },
  steps: [
    // Next finds only tools that are inside of the project.
    ['cp', '-Rn', '$TOOLS/.', 'node_modules'],
    ['node_modules/.bin/next', 'build'],
    ['mv', '.next/standalone', 'out'],
    ['rm', '-r', '.next', 'node_modules'],
    [node, 'serve.cjs'],
  ],
};

const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** @type {Case} */
const singleExecutable = {
  name: 'Node single executable',
  // On other systems the executable must be signed.
  os: 'linux',
  tools: ['esbuild', 'postject'],
  files: {
    ...FILES,
    'sea.json': '{ "main": "main.cjs", "output": "sea.blob", "disableExperimentalSEAWarning": true }',
  },
  steps: [
    [
      'esbuild',
      'main.js',
      '--bundle',
      '--platform=node',
      '--loader:.node=empty',
      '--outfile=main.cjs',
      '--log-level=error',
    ],
    [node, '--experimental-sea-config', 'sea.json'],
    ['mkdir', 'out'],
    ['cp', node, 'out/program'],
    ['postject', 'out/program', 'NODE_SEA_BLOB', 'sea.blob', '--sentinel-fuse', FUSE],
    ['cp', '$ADDON', 'out/addon.node'],
    ['rm', '-r', 'node_modules', 'main.cjs', 'main.js'],
    ['env', 'NAPI_RS_NATIVE_LIBRARY_PATH=out/addon.node', 'out/program'],
  ],
};

/** @type {Case[]} */
export const bundlers = [
  external(
    'esbuild',
    ['esbuild'],
    [...['esbuild', 'main.js', '--bundle', '--platform=node', '--packages=external', '--outfile=out/main.cjs']],
  ),
  inside('esbuild, CommonJS', ['esbuild'], [...ESBUILD, 'main.js', '--outfile=out/main.cjs'], 'out/main.cjs'),
  inside(
    'esbuild, ES modules',
    ['esbuild'],
    [...ESBUILD, ...MODULES, 'main.mjs', '--outfile=out/main.mjs'],
    'out/main.mjs',
  ),
  inside(
    'esbuild, CommonJS, /testing',
    ['esbuild'],
    [...ESBUILD, 'simulated.js', '--outfile=out/main.cjs'],
    'out/main.cjs',
  ),
  inside(
    'esbuild, ES modules, /testing',
    ['esbuild'],
    [...ESBUILD, ...MODULES, 'simulated.mjs', '--outfile=out/main.mjs'],
    'out/main.mjs',
  ),
  external('webpack', ['webpack@5', 'webpack-cli'], ['webpack', '--config', 'webpack.config.cjs'], {
    'webpack.config.cjs': `module.exports = { mode: 'production', target: 'node', entry: './main.js',
      externals: { '${NAME}': 'commonjs ${NAME}' },
      output: { path: __dirname + '/out', filename: 'main.cjs' } };`,
  }),
  external(
    'rollup',
    ['rollup@4'],
    [...['rollup', 'main.mjs', '--external', NAME, '--format', 'es', '--file', 'out/main.mjs', '--silent']],
    {},
    'out/main.mjs',
  ),
  external(
    'vite SSR',
    ['vite@7'],
    ['vite', 'build', '--ssr', 'main.mjs', '--outDir', 'out', '--logLevel', 'warn'],
    MODULE,
    'out/main.js',
  ),
  inside('ncc, CommonJS', ['@vercel/ncc'], ['ncc', 'build', 'main.js', '-o', 'out', '-q'], 'out/index.js'),
  inside('ncc, ES modules', ['@vercel/ncc'], ['ncc', 'build', 'main.mjs', '-o', 'out', '-q'], 'out/index.mjs', MODULE),
  inside('ncc, /testing', ['@vercel/ncc'], ['ncc', 'build', 'simulated.js', '-o', 'out', '-q'], 'out/index.js'),
  {
    name: 'nft',
    tools: ['@vercel/nft'],
    files: {
      'main.js': programs.commonjs,
      'trace.cjs': `const fs = require('node:fs');
        const { nodeFileTrace } = require(process.env.TOOLS + '/@vercel/nft');
        nodeFileTrace(['main.js']).then(({ fileList }) => {
          for (const file of fileList) fs.cpSync(file, 'out/' + file, { recursive: true });
        });`,
    },
    steps: [
      [node, 'trace.cjs'],
      ['rm', '-r', 'node_modules'],
      [node, 'out/main.js'],
    ],
  },
  next,
  singleExecutable,
];
