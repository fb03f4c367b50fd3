'use strict';

// Makes two calls that have little time, and tells what came of them.

const { getClient } = require('../../..');

const [, , socketPath] = process.argv;
const calls = [{ timeoutMs: 400 }, { headersTimeoutMs: 200 }].map((limits) =>
  getClient({ socketPath, token: 'any', ...limits }).GET('/v1/hub'),
);
Promise.all(calls.map((call) => call.then(({ data }) => data).catch((error) => error.code))).then((results) =>
  process.send(results, () => process.disconnect()),
);
