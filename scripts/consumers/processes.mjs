// Threads, processes, and restricted processes.

import * as programs from './programs.mjs';

/** @typedef {import('./cases.mjs').Case} Case */

const node = process.execPath;
const [major] = process.versions.node.split('.').map(Number);
const PERMISSION = major < 23 ? '--experimental-permission' : '--permission';

/** Runs a program in a mount namespace in which nothing can be written and `/tmp` is empty. */
const HIDDEN = `mount --bind . /mnt && mount --bind "$(dirname "$CYCLE_API_SOCKET")" /media &&
  export CYCLE_API_SOCKET="/media/$(basename "$CYCLE_API_SOCKET")" && cd /mnt &&
  mount -t tmpfs -o ro,mode=500 none /tmp && mount -o remount,bind,ro / && mount -o remount,bind,ro /mnt && exec "$@"`;

/** @type {Case[]} */
export const processes = [
  { name: 'worker_threads', quick: true, files: { 'main.cjs': programs.worker }, steps: [[node, 'main.cjs']] },
  { name: 'cluster', quick: true, files: { 'main.cjs': programs.cluster }, steps: [[node, 'main.cjs']] },
  {
    name: 'pm2, cluster',
    tools: ['pm2'],
    files: { 'main.cjs': programs.commonjs },
    steps: [
      [...['env', 'PM2_HOME=$FOLDER/pm2', 'pm2-runtime', 'start', 'main.cjs'], ...['-i', '2', '--no-autorestart']],
    ],
    expect: /answered 200[\s\S]*answered 200/,
  },
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
    privileged: true,
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
