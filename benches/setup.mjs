// What the benchmarks need beside the package: the peers, the Node they run on, and the reference server and client.

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, bundle, installDependencies, root, run, say } from '../scripts/setup.mjs';

const benches = join(root, 'benches');
const binaries = join(benches, 'reference', 'target', 'release');

export const serverBinary = join(binaries, 'bench-server');
export const clientBinary = join(binaries, 'bench-client');
export const addonBinary = () => /** @type {string} */ (process.env.NAPI_RS_NATIVE_LIBRARY_PATH ?? findAddon());

/** Installs and builds everything; quick when nothing changed. */
export function setUp() {
  installDependencies();
  if (process.env.NAPI_RS_NATIVE_LIBRARY_PATH) {
    bundle();
  } else {
    build();
  }
  const installed = join(benches, 'node_modules', '.package-lock.json');
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(join(benches, 'package-lock.json')).mtimeMs) {
    say('Installing the peers');
    run('npm', ['ci', '--prefix', benches, '--no-audit', '--no-fund', '--loglevel=error']);
  }
  say('Building the reference server and client (a minute the first time)');
  run('cargo', ['build', '--release', '--locked', '--quiet', '--manifest-path', join(benches, 'reference/Cargo.toml')]);
}

/** The pinned Node where there is one for this system, otherwise the Node that runs this. */
export function findNode() {
  const pinned = join(benches, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const works = existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0;
  return works ? pinned : process.execPath;
}

function findAddon() {
  const { platform, arch } = process;
  const names = ['-gnu', '-musl', ''].map((abi) => join(root, `cycle-internal-api.${platform}-${arch}${abi}.node`));
  return names.find((name) => existsSync(name));
}
