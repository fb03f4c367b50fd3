import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { platformManifest } from '../../scripts/package/manifests.mjs';
import { ownPlatform } from '../../scripts/package/platforms.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const consumers = fileURLToPath(new URL('./consumers', import.meta.url));

/**
 * A project that has the package installed as it would be published: the packed files, the binary in a package of its own,
 * the dependencies beside them, and nothing of the repository.
 *
 * @returns {{ folder: string, remove: () => void }} the project, with the scripts of ./consumers in it
 */
export function makeProject() {
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  const modules = join(folder, 'node_modules');
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const installed = join(modules, own.name);
  mkdirSync(installed, { recursive: true });

  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', installed, '--strip-components=1']);
  rmSync(join(folder, archive));

  const manifest = platformManifest(own, ownPlatform());
  const platformFolder = join(modules, manifest.name);
  mkdirSync(platformFolder, { recursive: true });
  copyFileSync(join(root, manifest.main), join(platformFolder, manifest.main));
  writeFileSync(join(platformFolder, 'package.json'), JSON.stringify(manifest));

  for (const name of ['openapi-fetch', 'openapi-typescript-helpers']) {
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true, dereference: true });
  }
  cpSync(consumers, folder, { recursive: true });
  const dependencies = { [own.name]: own.version, 'openapi-fetch': own.dependencies['openapi-fetch'] };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, dependencies }));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
