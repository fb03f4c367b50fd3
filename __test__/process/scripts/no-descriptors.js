'use strict';

// Uses up all descriptors, then has calls fail in every way. argv: socket path, "warm" or "cold". Prints what came of it.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..', '..');
const { getClient, getEnvironmentMetadata } = require(root);
const [, , socketPath, start] = process.argv;

/** Opens files until there is no descriptor left. */
function useUp() {
  const opened = [];
  for (;;) {
    try {
      opened.push(fs.openSync('/dev/null'));
    } catch (error) {
      if (error.code !== 'EMFILE') throw error;
      return opened;
    }
  }
}

/** @param {Promise<unknown>} promise */
const codeOf = (promise) =>
  promise.then(
    () => 'fine',
    (error) => error.code,
  );

async function main() {
  const client = getClient({ token: 't', socketPath });
  const report = {};
  if (start === 'warm') {
    await client.GET('/json');
  }
  const opened = useUp();
  if (start === 'warm') {
    // Over the one connection there is.
    const missing = await client.GET('/missing');
    report.missing = [missing.error, missing.response.statusText, missing.response.headers.get('x-why')];
    report.invalid = await codeOf(client.GET('/invalid'));
    for (let i = 0; i < 3; i += 1) {
      report.large = (await client.GET('/large')).data.length;
    }
    report.lost = await codeOf(client.POST('/lost'));
  }
  const codes = await Promise.all(Array.from({ length: 400 }, (_, i) => codeOf(client.POST(`/call-${i}`))));
  report.codes = [...new Set(codes)].sort();
  report.metadata = (await getEnvironmentMetadata({ path: '/nowhere.json' })).error.code;
  for (const fd of opened) fs.closeSync(fd);
  report.after = (await client.GET('/json')).data;
  await client.close();
  console.log(JSON.stringify(report));
}

main();
