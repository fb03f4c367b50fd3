// Builds the addons of one platform for a release.

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root, run, say } from '../setup.mjs';
import { GLIBC, MACOS } from './platforms.mjs';
import { standardLibrary, sysroot, zigEnvironment } from './tools.mjs';

/** Separate from the folder of other builds, because their flags differ. */
const folder = join(root, 'target', 'package');

/** The packages of Cargo that make production's addon and that with the tools, and the names of their libraries. */
const CRATES = [
  ['cycle-internal-api-production', 'cycle_internal_api_production'],
  ['cycle-internal-api-client', 'cycle_internal_api'],
];

const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');

/** The builder's folders, and the texts that replace them in messages of panics. The last match is used. */
export function pathsToHide() {
  return new Map([
    [homedir(), '/home'],
    [sysroot(), '/rust'],
    [cargoHome, '/cargo'],
    [root, '/project'],
  ]);
}

/**
 * The flags with which all crates of both addons are compiled.
 *
 * @param {import('./platforms.mjs').Platform} platform
 */
export function compilerFlags({ libc }, paths = pathsToHide()) {
  const flags = [...paths].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  if (libc === 'musl') {
    // musl must be linked dynamically, because the addon is a shared object that the system's musl loads.
    flags.push('-Ctarget-feature=-crt-static');
  }
  return flags;
}

/**
 * The flags for linking an addon. A library of macOS contains its name, by default the path at which it was linked.
 *
 * @param {{ os: string }} platform
 * @param {string} library
 */
export const linkerFlags = ({ os }, library) =>
  os === 'darwin' ? [`-Clink-arg=-Wl,-install_name,@rpath/${libraryFile({ os }, library)}`] : [];

/**
 * @param {{ os: string }} platform
 * @param {string} library
 */
const libraryFile = ({ os }, library) => `lib${library}.${os === 'darwin' ? 'dylib' : 'so'}`;

/**
 * The environment for building a macOS addon. Without the toolchain's libraries, its `strip` does not start.
 *
 * @param {import('./platforms.mjs').Platform} platform
 * @returns {NodeJS.ProcessEnv}
 */
const macosEnvironment = ({ os }) =>
  os === 'darwin' ? { MACOSX_DEPLOYMENT_TARGET: MACOS, LD_LIBRARY_PATH: join(sysroot(), 'lib') } : {};

/** @param {import('./platforms.mjs').Platform} platform */
export const zigTarget = ({ target, libc }) => (libc === 'glibc' ? `${target}.${GLIBC}` : target);

/**
 * @param {import('./platforms.mjs').Platform} platform
 * @returns {{ production: string, tools: string }} the paths of the libraries
 */
export function buildAddons(platform) {
  const { name, target } = platform;
  const { parameters, env } = standardLibrary(target);
  const zig = zigEnvironment();
  say(`Building the addons for ${name} (three to nine minutes the first time)`);
  const flags = compilerFlags(platform).map((flag) => JSON.stringify(flag));
  const [production, tools] = CRATES.map(([crate, library]) => {
    run(
      'cargo-zigbuild',
      [
        // Not together with the library for Rust programs: Cargo would not optimise over all crates then.
        ...['rustc', '--crate-type', 'cdylib'],
        ...['--release', '--package', crate, '--lib', '--locked', '--quiet'],
        ...['--target', zigTarget(platform), '--target-dir', folder],
        ...['--config', `target.${target}.rustflags=[${flags}]`],
        ...parameters,
        ...['--', ...linkerFlags(platform, library)],
      ],
      { ...zig, ...env, ...macosEnvironment(platform) },
    );
    const file = join(folder, target, 'release', libraryFile(platform, library));
    if (!existsSync(file) || readFileSync(file).length === 0) {
      throw new Error(`Cargo built no ${file}`);
    }
    return file;
  });
  return { production, tools };
}
