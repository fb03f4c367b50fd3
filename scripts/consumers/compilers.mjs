// TypeScript, and tools that check the package's types and its `package.json`.

import * as programs from './programs.mjs';

/** @typedef {import('./cases.mjs').Case} Case */

const node = process.execPath;
const OWN = 'node_modules/@cycleplatform/internal-api-client';

/** @param {string} mode */
const typescript = (mode) => ({
  name: `TypeScript, ${mode}`,
  quick: mode === 'nodenext',
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

/** @type {Case[]} */
export const compilers = [
  ...['nodenext', 'node16', 'bundler'].map(typescript),
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
