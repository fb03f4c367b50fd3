// Prepares a fresh checkout: installs dependencies and builds the native addons.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withTools } from './package/manifests.mjs';
import { moveProgramHeaders } from './program-headers.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} text */
export function say(text) {
  console.error(`\n> ${text}`);
}

/**
 * Runs a command in the project's folder with its output shown, and ends this program when it fails.
 *
 * @param {string} command
 * @param {string[]} parameters
 * @param {NodeJS.ProcessEnv} [env] added to the environment
 */
export function run(command, parameters, env = {}) {
  const { error, status } = spawnSync(command, parameters, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  if (error) {
    const missing = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
    console.error(missing ? `${command} was not found. The README lists what must be installed.` : error.message);
    process.exit(1);
  }
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

/**
 * Whether a command can be run on this machine.
 *
 * @param {string} command
 * @param {string[]} parameters parameters with which it exits with 0
 */
export function has(command, parameters) {
  return spawnSync(command, parameters, { cwd: root, stdio: 'ignore' }).status === 0;
}

/**
 * The path of a command of a dependency.
 *
 * @param {string} name
 */
export function tool(name) {
  return join(root, 'node_modules', '.bin', name);
}

/** Installs the dependencies, unless they match the lock file. */
export function installDependencies() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) {
    return;
  }
  say('Installing the dependencies');
  // Not `npm ci`, which fails if a registry mirror lacks the linter's packages for other platforms.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
}

/**
 * Builds both addons and `dist/`. Cargo compiles only what has changed.
 *
 * @param {'release' | 'debug'} [profile] `debug` compiles faster and runs slower
 */
export function build(profile = 'release') {
  const time = profile === 'release' ? 'three to six minutes' : 'a minute';
  const flags = ['build', '--platform', ...(profile === 'release' ? ['--release'] : [])];
  say(`Building the native addons (${time} the first time, seconds when nothing changed)`);
  const production = ['--manifest-path', 'production/Cargo.toml', '--output-dir', '.'];
  run(tool('napi'), [...flags, ...production, '--js', 'binding.js', '--dts', 'binding.d.ts']);
  const folder = join('target', 'tools-addon');
  run(tool('napi'), [...flags, '--output-dir', folder, '--no-js', '--dts', 'binding-tools.d.ts']);
  for (const file of readdirSync(join(root, folder))) {
    copyFileSync(join(root, folder, file), join(root, withTools(file)));
  }
  if (process.platform === 'linux') {
    for (const file of readdirSync(root).filter((name) => name.endsWith('.node'))) {
      const bytes = readFileSync(join(root, file));
      const moved = moveProgramHeaders(bytes);
      if (moved !== bytes) {
        writeFileSync(join(root, file), moved);
      }
    }
  }
  writeFileSync(join(root, 'binding-tools.js'), toolsBinding(readFileSync(join(root, 'binding.js'), 'utf8')));
  bundle();
}

/**
 * Makes `binding-tools.js` of `binding.js`: the addon with the tools has another file name, and is not the `main` of its package.
 *
 * @param {string} binding
 */
export function toolsBinding(binding) {
  return withTools(binding).replaceAll(
    /require\('(@cycleplatform\/internal-api-client-([\w-]+))'\)/g,
    (_, name, target) => `require('${name}/${withTools(`cycle-internal-api.${target}.node`)}')`,
  );
}

/** Joins `lib/` into `dist/`. */
export function bundle() {
  run(process.execPath, ['scripts/bundle.mjs']);
}
