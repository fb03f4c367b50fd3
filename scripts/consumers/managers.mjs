// Package managers.

import * as programs from './programs.mjs';

/** @typedef {import('./cases.mjs').Case} Case */

const node = process.execPath;

/** @type {Case[]} */
export const managers = [
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
