// What a consumer does with the package: one entry a case. The steps run in a folder of its own that has the files, after
// the package was installed there; the last one has to print `answered 200`, or what `expect` says.

import * as programs from './programs.mjs';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {Record<string, string>} files
 * @property {string[][]} steps
 * @property {string} [install] npm unless said; `none` where the steps install
 * @property {string[]} [tools] packages of npm whose commands the steps use
 * @property {RegExp} [expect]
 * @property {number} [exit] of the last step, 0 unless said
 * @property {boolean} [quick] needs no tools
 * @property {Record<string, string>} [env]
 * @property {NodeJS.Platform} [os] the one that it can run on
 */

const node = process.execPath;
const NAME = '@cycleplatform/internal-api-client';
const OWN = `node_modules/${NAME}`;
const [major] = process.versions.node.split('.').map(Number);
const PERMISSION = major < 23 ? '--experimental-permission' : '--permission';

/** @param {string} mode */
const typescript = (mode) => ({
  name: `TypeScript, ${mode}`,
  tools: ['typescript@5', '@types/node@20'],
  files: {
    'main.ts': programs.typescript,
    'package.json': JSON.stringify({ type: mode === 'bundler' ? 'module' : 'commonjs' }),
  },
  steps: [
    [
      ...[
        'tsc',
        '--strict',
        '--outDir',
        'out',
        '--target',
        'es2022',
        '--types',
        'node',
        '--typeRoots',
        '$TOOLS/@types',
      ],
      ...['--module', mode === 'bundler' ? 'es2022' : mode, '--moduleResolution', mode, 'main.ts'],
    ],
    [node, 'out/main.js'],
  ],
});

/**
 * A program that is bundled into one file by a command.
 *
 * @param {string} name
 * @param {string[]} tools
 * @param {string[]} command
 * @param {Record<string, string>} [files]
 * @param {string} [output]
 * @returns {Case}
 */
const bundled = (name, tools, command, files = {}, output = 'out/main.cjs') => ({
  name,
  tools,
  files: { 'main.js': programs.commonjs, 'main.mjs': programs.esm, ...files },
  steps: [command, [node, output]],
});

/** @type {Case[]} */
const managers = [
  { name: 'npm, CommonJS', quick: true, files: { 'main.cjs': programs.commonjs }, steps: [[node, 'main.cjs']] },
  { name: 'npm, ES modules', quick: true, files: { 'main.mjs': programs.esm }, steps: [[node, 'main.mjs']] },
  { name: 'npm, simulator', quick: true, files: { 'main.mjs': programs.simulated }, steps: [[node, 'main.mjs']] },
  {
    name: 'npm, command line',
    quick: true,
    files: {},
    steps: [['node_modules/.bin/cycle-internal', '--version']],
    expect: /^\d+\.\d+\.\d+$/m,
  },
  ...['pnpm', 'yarn-1', 'yarn-4', 'bun'].map((install) => ({
    name: install,
    install,
    files: { 'main.cjs': programs.commonjs },
    steps: [install === 'yarn-4' ? ['$YARN4', 'node', 'main.cjs'] : [node, 'main.cjs']],
  })),
];

/** @type {Case[]} */
const bundlers = [
  bundled(
    'esbuild, external',
    ['esbuild'],
    [...['esbuild', 'main.js', '--bundle', '--platform=node', '--packages=external', '--outfile=out/main.cjs']],
  ),
  bundled('webpack, external', ['webpack@5', 'webpack-cli'], ['webpack', '--config', 'webpack.config.cjs'], {
    'webpack.config.cjs': `module.exports = { mode: 'production', target: 'node', entry: './main.js',
      externals: { '${NAME}': 'commonjs ${NAME}' },
      output: { path: __dirname + '/out', filename: 'main.cjs' } };`,
  }),
  bundled(
    'rollup, external',
    ['rollup@4'],
    [...['rollup', 'main.mjs', '--external', NAME, '--format', 'es', '--file', 'out/main.mjs', '--silent']],
    {},
    'out/main.mjs',
  ),
  bundled(
    'vite SSR',
    ['vite@7'],
    ['vite', 'build', '--ssr', 'main.mjs', '--outDir', 'out', '--logLevel', 'warn'],
    {
      'package.json': '{ "type": "module" }',
    },
    'out/main.js',
  ),
  bundled('ncc', ['@vercel/ncc'], ['ncc', 'build', 'main.js', '-o', 'out', '-q'], {}, 'out/index.js'),
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
      [node, 'out/main.js'],
    ],
  },
];

/** @type {Case[]} */
const runners = [
  {
    name: 'jest',
    tools: ['jest@30'],
    files: { 'main.test.js': programs.testFile('jest'), 'package.json': '{}' },
    steps: [['jest', '--silent']],
    expect: /Tests: +1 passed/,
  },
  ...['threads', 'forks', 'vmThreads'].map((pool) => ({
    name: `vitest, ${pool}`,
    tools: ['vitest@3'],
    files: { 'main.test.mjs': programs.testFile('vitest') },
    steps: [['vitest', 'run', '--pool', pool, '--no-color']],
    expect: /Tests +1 passed/,
  })),
];

/** Runs a program where nothing can be written and `/tmp` is empty: in a namespace of mounts, which ends with it. */
const HIDDEN = `mount --bind . /mnt && mount --bind "$(dirname "$CYCLE_API_SOCKET")" /media &&
  export CYCLE_API_SOCKET="/media/$(basename "$CYCLE_API_SOCKET")" && cd /mnt &&
  mount -t tmpfs -o ro,mode=500 none /tmp && mount -o remount,bind,ro / && mount -o remount,bind,ro /mnt && exec "$@"`;

/** @type {Case[]} */
const processes = [
  { name: 'worker_threads', quick: true, files: { 'main.cjs': programs.worker }, steps: [[node, 'main.cjs']] },
  { name: 'cluster', quick: true, files: { 'main.cjs': programs.cluster }, steps: [[node, 'main.cjs']] },
  {
    name: 'two copies in one process',
    quick: true,
    files: { 'main.cjs': programs.twoCopies },
    steps: [[node, 'main.cjs']],
    expect: /(answered 200\n){3}/,
  },
  {
    name: 'permission model',
    quick: true,
    files: { 'main.cjs': programs.commonjs },
    steps: [
      [node, PERMISSION, '--allow-addons', '--allow-fs-read=*', ...(major > 24 ? ['--allow-net'] : []), 'main.cjs'],
    ],
  },
  {
    name: 'no code from strings',
    quick: true,
    files: { 'main.cjs': programs.commonjs },
    steps: [[node, '--disallow-code-generation-from-strings', 'main.cjs']],
  },
  {
    name: 'uid 65532 without HOME, nothing writable, no /tmp',
    os: 'linux',
    quick: true,
    files: { 'main.cjs': programs.commonjs },
    steps: [
      ['chmod', '-R', 'a+rX,a-w', '.'],
      [
        ...['unshare', '--mount', 'sh', '-c'],
        HIDDEN,
        ...[
          'sh',
          'setpriv',
          '--reuid',
          '65532',
          '--regid',
          '65532',
          '--clear-groups',
          'env',
          '-u',
          'HOME',
          node,
          'main.cjs',
        ],
      ],
    ],
  },
];

/** @type {Case[]} */
const checks = [
  {
    name: 'publint',
    tools: ['publint'],
    files: {},
    steps: [['publint', OWN, '--strict']],
    expect: /All good|Suggestions/,
  },
  {
    name: 'arethetypeswrong',
    tools: ['@arethetypeswrong/cli'],
    files: {},
    steps: [['attw', '$TARBALL', '--no-color', '--no-emoji']],
    expect: /No problems found/,
  },
];

/** @type {Case[]} */
const badInput = [{ ...managers[0], name: 'bad input: --ignore-scripts does no harm', install: 'npm-ignore-scripts' }];

/** @type {Case[]} */
export const cases = [
  ...managers,
  ...['nodenext', 'node16', 'bundler'].map(typescript),
  ...bundlers,
  ...runners,
  ...processes,
  ...checks,
  ...badInput,
];
