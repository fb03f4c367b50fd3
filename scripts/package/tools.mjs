// The tools that build an addon for another system: Zig as the linker, which contains the C libraries of all systems, and
// Rust's standard library for the target. What is missing is downloaded into a folder of the project.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, say } from '../setup.mjs';

/** Versions that are known to work together. */
export const PYTHON_PACKAGES = ['cargo-zigbuild==0.24.1', 'ziglang==0.17.1'];

const folder = join(root, 'target', 'tools');
const programs = join(folder, 'bin');

/**
 * Runs a command whose output is only shown when it fails.
 *
 * @param {string} command
 * @param {string[]} parameters
 * @param {string} advice what to do when it fails
 * @param {NodeJS.ProcessEnv} [env]
 */
export function outputOf(command, parameters, advice, env = {}) {
  const { error, status, stdout, stderr } = spawnSync(command, parameters, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error || status !== 0) {
    const reason = error ? error.message : stderr.trim().split('\n').slice(-5).join('\n');
    throw new Error(`${command} ${parameters.slice(0, 3).join(' ')} failed: ${reason}\n${advice}`);
  }
  return stdout;
}

/**
 * The environment in which `cargo zigbuild` runs.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function zigEnvironment() {
  if (!existsSync(join(programs, 'cargo-zigbuild'))) {
    say(`Fetching ${PYTHON_PACKAGES.join(' and ')} from PyPI into target/tools`);
    const advice =
      'Python 3 with venv and pip is needed ("apt-get install python3-venv"), and PyPI must be reachable. ' +
      `Without it, put a folder made by "python3 -m venv" with ${PYTHON_PACKAGES.join(' and ')} at target/tools.`;
    outputOf('python3', ['-m', 'venv', folder], advice);
    outputOf(join(programs, 'pip'), ['install', '--quiet', '--no-deps', ...PYTHON_PACKAGES], advice);
  }
  return {
    PATH: `${programs}${delimiter}${process.env.PATH}`,
    CARGO_ZIGBUILD_CACHE_DIR: join(folder, 'cache'),
    ZIG_GLOBAL_CACHE_DIR: join(folder, 'zig'),
  };
}

/** The folder of the Rust toolchain. */
export function sysroot() {
  const advice = 'Rust is needed: install it by rustup (https://rustup.rs).';
  return outputOf('rustc', ['--print', 'sysroot'], advice).trim();
}

/**
 * Makes Rust's standard library for a target available, and gives the arguments and environment that Cargo needs for it.
 *
 * @param {string} target
 * @returns {{ parameters: string[], env: NodeJS.ProcessEnv }}
 */
export function standardLibrary(target) {
  const library = join(sysroot(), 'lib', 'rustlib');
  const isThere = () => existsSync(join(library, target, 'lib'));
  if (!isThere()) {
    say(`Fetching Rust's library for ${target}`);
    spawnSync('rustup', ['target', 'add', target], { cwd: root, stdio: 'inherit' });
  }
  if (isThere()) {
    return { parameters: [], env: {} };
  }
  if (existsSync(join(library, 'src', 'rust', 'library', 'std'))) {
    say(`Building Rust's library for ${target} from its source`);
    return { parameters: ['-Zbuild-std=std,panic_unwind'], env: { RUSTC_BOOTSTRAP: '1' } };
  }
  throw new Error(
    `Rust has no library for ${target} here. Install it by one of these:\n` +
      `- rustup target add ${target}\n` +
      '- rustup component add rust-src, from which it is built\n' +
      `- the source of Rust ${outputOf('rustc', ['--version'], '').split(' ')[1]} of a distribution, for example rust-src of ` +
      `Debian backports, unpacked so that ${join(library, 'src', 'rust', 'library')} is there`,
  );
}
