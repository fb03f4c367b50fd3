// ESM and CommonJS in one process are one instance of the package.

import { createRequire } from 'node:module';
import process from 'node:process';
import esm, * as names from '@cycleplatform/internal-api-client';
import { scenario } from './scenario.cjs';

const commonjs = createRequire(import.meta.url)('@cycleplatform/internal-api-client');
for (const name of Object.keys(commonjs)) {
  if (esm[name] !== commonjs[name] || !Object.values(names).includes(esm[name])) throw new Error(`two of ${name}`);
}

const [, , socketPath, metadataPath] = process.argv;
const [seen] = await Promise.all([esm, commonjs].map((api) => scenario(api, socketPath, metadataPath)));
console.log(JSON.stringify(seen));
