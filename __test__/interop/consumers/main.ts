import process from 'node:process';
import type { ClientOptions, paths } from '@cycleplatform/internal-api-client';
import { getClient, getEnvironmentMetadata } from '@cycleplatform/internal-api-client';
import { scenario } from './scenario.cjs';

const [, , socketPath = '', metadataPath = ''] = process.argv;
const options: ClientOptions = { socketPath, token: 'interop' };
const path: keyof paths = '/v1/environment';
await getClient(options).GET(path);
console.log(JSON.stringify(await scenario({ getClient, getEnvironmentMetadata }, socketPath, metadataPath)));
