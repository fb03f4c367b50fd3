// Test runners.

import * as programs from './programs.mjs';

/** @typedef {import('./cases.mjs').Case} Case */

/** @type {Case[]} */
export const runners = [
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
