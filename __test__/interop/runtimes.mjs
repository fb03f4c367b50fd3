// Other JavaScript runtimes, from npm packages that hold nothing but their program. They are installed once, into .build/runtimes.
// Run by itself this file installs all of them.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, '.build', 'runtimes');
const arm = process.arch === 'arm64';
const node = `node-linux-${arm ? 'arm64' : 'x64'}`;
const bun = `@oven/bun-linux-${arm ? 'aarch64' : 'x64'}`;
const deno = `@deno/linux-${arm ? 'arm64' : 'x64'}-glibc`;

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} spec package and version
 * @property {string} program path of the program
 * @property {string[]} parameters what comes before the script
 * @property {string[]} consumers scripts of ./consumers that it can run
 */

const SCRIPTS = ['main.cjs', 'main.mjs', 'both.mjs'];

/** The oldest Node of package.json's `engines`, or the oldest after it that npm has a package of. */
const OLDEST = arm ? '20.5.1' : '20.3.0';

/** @type {Runtime[]} */
export const runtimes = [
  runtime(`Node ${OLDEST}`, `${node}@${OLDEST}`, 'bin/node', [], SCRIPTS),
  runtime('Node 22', `${node}@22.23.3`, 'bin/node', [], [...SCRIPTS, 'main.ts']),
  runtime('Node 24', `${node}@24.21.0`, 'bin/node', [], [...SCRIPTS, 'main.ts']),
  runtime('Node 26', `${node}@26.10.0`, 'bin/node', [], [...SCRIPTS, 'main.ts']),
  runtime('Bun', `${bun}@1.4.5`, 'bin/bun', ['run'], [...SCRIPTS, 'main.ts']),
  runtime(
    'Deno',
    `${deno}@2.9.6`,
    'deno',
    ['run', '--allow-all', '--no-remote', '--node-modules-dir=manual'],
    [...SCRIPTS, 'main.ts'],
  ),
];

/**
 * @param {string} name
 * @param {string} spec
 * @param {string} program
 * @param {string[]} parameters
 * @param {string[]} consumers
 * @returns {Runtime}
 */
function runtime(name, spec, program, parameters, consumers) {
  const packageName = spec.slice(0, spec.lastIndexOf('@'));
  const folder = join(cache, spec.replaceAll(/[@/]/g, '_'));
  return { name, spec, program: join(folder, 'node_modules', packageName, program), parameters, consumers };
}

/** @param {Runtime} one */
export function isInstalled({ program }) {
  return existsSync(program);
}

/**
 * Installs a runtime unless it is there.
 *
 * @param {Runtime} one
 */
export function install(one) {
  if (isInstalled(one)) return;
  const folder = join(cache, one.spec.replaceAll(/[@/]/g, '_'));
  mkdirSync(folder, { recursive: true });
  const parameters = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const { status, stderr } = spawnSync('npm', [...parameters, '--loglevel=error', one.spec], { encoding: 'utf8' });
  if (status !== 0 || !isInstalled(one)) throw new Error(`${one.spec} could not be installed: ${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const one of runtimes) {
    console.log(`${one.name}: ${isInstalled(one) ? 'is there' : 'being installed'}`);
    install(one);
  }
}
