// Installs the tarballs of `artifacts/` in an empty folder and uses each part of the package there, with a simulator. It
// needs only this file and the tarballs, no checkout. See `--help`.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { everyPart } from './consumers/programs.mjs';
import { ownPlatform, platformOf } from './package/platforms.mjs';

const HELP = `Usage: node scripts/try-artifacts.mjs [--target NAME] [-- command...]

  --target NAME  a platform other than this one
  command        what starts the Node of that platform, for example qemu-aarch64 -L folder node
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', default: false }, target: { type: 'string' } },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}
const { name } = values.target ? platformOf(values.target) : ownPlatform();
const node = positionals.length > 0 ? positionals : [process.execPath];

const artifacts = join(dirname(dirname(fileURLToPath(import.meta.url))), 'artifacts');
const wanted = new RegExp(`^cycleplatform-internal-api-client-(${name}-)?\\d[^/]*\\.tgz$`);
const tarballs = readdirSync(artifacts).filter((file) => wanted.test(file));
if (tarballs.length !== 2) {
  console.error(`artifacts/ should have two tarballs for ${name}, and has ${tarballs.join(', ') || 'none'}`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'try-'));
try {
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'main.mjs'), everyPart);
  for (const command of [
    // Without optional dependencies: the addons of other platforms are not in a registry yet.
    [
      ...['npm', 'install', '--no-audit', '--no-fund', '--omit=optional'],
      // npm refuses the addon of another platform.
      ...(values.target ? ['--force'] : []),
      ...tarballs.map((file) => join(artifacts, file)),
    ],
    [...node, '-p', '[process.version, process.platform, process.arch].join(" ")'],
    [...node, 'main.mjs'],
    [...node, 'node_modules/@cycleplatform/internal-api-client/bin/cycle-internal.js', '--version'],
  ]) {
    const { status, signal, error } = spawnSync(command[0], command.slice(1), { cwd: folder, stdio: 'inherit' });
    if (error || status !== 0) {
      console.error(error?.message ?? `${command.join(' ')} ended with ${status ?? signal}`);
      process.exitCode = 1;
      break;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
