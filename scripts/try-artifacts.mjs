// Installs the tarballs of `artifacts/` in an empty folder and makes a call to the simulator in them, on the system that
// they are for. It needs nothing of a checkout but itself and the tarballs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulated } from './consumers/programs.mjs';
import { ownPlatform } from './package/platforms.mjs';

const artifacts = join(dirname(dirname(fileURLToPath(import.meta.url))), 'artifacts');
const { name } = ownPlatform();
const wanted = new RegExp(`^cycleplatform-internal-api-client-(${name}-)?\\d[^/]*\\.tgz$`);
const tarballs = readdirSync(artifacts).filter((file) => wanted.test(file));
if (tarballs.length !== 2) {
  console.error(`artifacts/ should have two tarballs for ${name}, and has ${tarballs.join(', ') || 'none'}`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'try-'));
try {
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'main.mjs'), simulated);
  for (const command of [
    // The other platforms' addons are not on a registry yet.
    ['npm', 'install', '--no-audit', '--no-fund', '--omit=optional', ...tarballs.map((file) => join(artifacts, file))],
    [process.execPath, 'main.mjs'],
  ]) {
    const { status, error } = spawnSync(command[0], command.slice(1), { cwd: folder, stdio: 'inherit' });
    if (error || status !== 0) {
      console.error(error?.message ?? `${command[0]} ended with ${status}`);
      process.exitCode = 1;
      break;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
