// Runs before `npm pack` in a checkout, and refuses to make a tarball without the built files, or with those of another version.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bindingFaults, missingFiles } from './package/manifests.mjs';
import { platforms } from './package/platforms.mjs';
import { root } from './setup.mjs';

/** @param {string} name */
const read = (name) => readFileSync(join(root, name), 'utf8');

const missing = missingFiles((name) => existsSync(join(root, name)));
const faults =
  missing.length > 0
    ? [`${missing.join(' and ')} would be missing.`]
    : bindingFaults(JSON.parse(read('package.json')), platforms, read);
if (faults.length > 0) {
  console.error(`Nothing is packed: ${faults.join(' ')}`);
  console.error('"npm run package" builds and packs everything; "npm run build" makes these files anew.');
  process.exit(1);
}
