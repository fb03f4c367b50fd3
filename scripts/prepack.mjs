// Runs before `npm pack` in a checkout, and refuses to make a tarball without the built files.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { missingFiles } from './package/manifests.mjs';
import { root } from './setup.mjs';

const missing = missingFiles((name) => existsSync(join(root, name)));
if (missing.length > 0) {
  console.error(`Nothing is packed, because ${missing.join(' and ')} would be missing.`);
  console.error('"npm run package" builds and packs everything; "npm run build" makes the missing files.');
  process.exit(1);
}
