// Installations without an addon or with a wrong one. The program must fail with a message, and following its advice must
// help.

import * as programs from './programs.mjs';

/** @typedef {import('./cases.mjs').Case} Case */

const node = process.execPath;

/** Runs the program, prints the message, and runs the first command that the message has in quotes. */
const FOLLOW = `const { spawnSync } = require('node:child_process');
const { status, stderr } = spawnSync(process.execPath, ['main.cjs'], { encoding: 'utf8' });
if (status === 0) throw new Error('it works');
console.log(stderr);
const [command, ...parameters] = /: "(.+?)"/.exec(stderr)[1].split(' ');
spawnSync(command, [...parameters, '--no-audit', '--no-fund'], { stdio: 'inherit' });
`;

const ADVISED = /ERR_CYCLE_NATIVE_MISSING[\s\S]*answered 200/;

/** Deletes from the lock file every package that is not installed, as some versions of npm do. */
const FORGET = `const fs = require('node:fs');
const lock = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
for (const path of Object.keys(lock.packages)) if (path && !fs.existsSync(path)) delete lock.packages[path];
fs.writeFileSync('package-lock.json', JSON.stringify(lock));
`;

const files = { 'main.cjs': programs.commonjs, 'follow.cjs': FOLLOW, 'forget.cjs': FORGET };
const ci = ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
const again = ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error'];
/** One that installs what such a lock file has, and no more; newer ones mend it. */
const oldNpm = [node, '$TOOLS/npm/bin/npm-cli.js', ...again.slice(1)];
const clear = ['rm', '-r', 'node_modules'];
/** Follows the advice of the message. */
const followed = [
  [node, 'follow.cjs'],
  [node, 'main.cjs'],
];
/** Follows the advice for a damaged installation. */
const anew = [['rm', '-r', 'node_modules', 'package-lock.json'], again, [node, 'main.cjs']];

/** @type {Case[]} */
export const faults = [
  {
    name: 'fault: --ignore-scripts does no harm',
    quick: true,
    install: 'npm-ignore-scripts',
    files,
    steps: [[node, 'main.cjs']],
  },
  {
    name: 'fault: --omit=optional',
    quick: true,
    install: 'npm-omit',
    files,
    steps: followed,
    expect: ADVISED,
  },
  {
    name: 'fault: installed for another C library',
    os: 'linux',
    install: 'npm-other-libc',
    files,
    steps: followed,
    expect: ADVISED,
  },
  {
    name: 'fault: node_modules of another system',
    install: 'npm-other-system',
    files,
    steps: followed,
    expect: ADVISED,
  },
  {
    name: 'fault: a lock file of another system does no harm',
    quick: true,
    install: 'npm-other-system',
    files,
    steps: [clear, ci, [node, 'main.cjs']],
  },
  {
    name: 'fault: a lock file without the addon of this system',
    install: 'npm-other-system',
    tools: ['npm@10'],
    files,
    steps: [[node, 'forget.cjs'], clear, oldNpm, ['sh', '-c', '! "$0" main.cjs', node], ...anew],
    expect: /delete both and install again[\s\S]*answered 200/,
  },
  {
    name: 'fault: Yarn, whose folder of the addon was not copied',
    install: 'yarn-4',
    files,
    steps: [
      ['sh', '-c', 'rm -r .yarn/unplugged && ! "$0" node main.cjs', '$YARN4'],
      ['$YARN4', 'install'],
      ['$YARN4', 'node', 'main.cjs'],
    ],
    expect: /the package [\s\S]*"yarn install"[\s\S]*answered 200/,
  },
  {
    name: 'fault: an addon that is cut off',
    quick: true,
    files,
    steps: [['sh', '-c', 'head -c 2000000 "$1" > cut && cp cut "$1" && ! "$0" main.cjs', node, '$ADDON'], ...anew],
    expect: /delete both and install again[\s\S]*answered 200/,
  },
  {
    name: 'fault: caches that cannot be written do no harm',
    quick: true,
    files,
    steps: [
      [
        ...[
          'env',
          'HOME=/dev/null',
          'XDG_CACHE_HOME=/dev/null',
          'NODE_COMPILE_CACHE=/dev/null/cache',
          'TMPDIR=/dev/null',
        ],
        ...[node, 'main.cjs'],
      ],
    ],
  },
];
