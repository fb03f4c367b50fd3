// Runs before `npm pack` in a checkout: a tarball without what programs load could be installed, and not be used.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { missingFiles } from './package/manifests.mjs';
import { root } from './setup.mjs';

const missing = missingFiles((name) => existsSync(join(root, name)));
if (missing.length > 0) {
  console.error(`Nothing is packed, for ${missing.join(' and ')} would be missing in it.`);
  console.error('"npm run package" builds and packs everything; "npm run build" makes what is missing.');
  process.exit(1);
}
