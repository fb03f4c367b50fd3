import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The versions of TypeScript that programs which use the package are checked with, oldest first. One of them is the
 * project's own; the others are installed once, into .build/typescript: as dependencies all of them would be `tsc`.
 */
export const COMPILERS = ['5.4.5', '5.9', '6.0.3', '7.0.2'];

/**
 * @param {string} version
 * @returns {string} the program of that compiler
 */
export function compiler(version) {
  const own = join(root, 'node_modules', 'typescript');
  if (JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')).version.startsWith(version))
    return join(own, 'bin', 'tsc');
  const folder = join(root, '.build', 'typescript', version);
  const program = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  if (existsSync(program)) return program;
  const parameters = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', [...parameters, `typescript@${version}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`typescript ${version} could not be installed: ${stderr}`);
  return program;
}
