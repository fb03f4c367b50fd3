'use strict';

const api = require('@cycleplatform/internal-api-client');
const { scenario } = require('./scenario.cjs');

const [, , socketPath, metadataPath] = process.argv;
scenario(api, socketPath, metadataPath).then((seen) => console.log(JSON.stringify(seen)));
