import process from 'node:process';
import { getClient, getEnvironmentMetadata } from '@cycleplatform/internal-api-client';
import { scenario } from './scenario.cjs';

const [, , socketPath, metadataPath] = process.argv;
console.log(JSON.stringify(await scenario({ getClient, getEnvironmentMetadata }, socketPath, metadataPath)));
