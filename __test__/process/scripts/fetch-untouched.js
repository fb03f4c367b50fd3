'use strict';

// Makes plain calls, good and bad, with accessors in place of Node's fetch classes, and prints which were looked at.

const http = require('node:http');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const touched = [];
for (const name of ['fetch', 'Request', 'Response', 'Headers', 'FormData']) {
  const real = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      touched.push(name);
      return real.get ? real.get.call(globalThis) : real.value;
    },
  });
}

// Loading the package must not look either.
const { getClient } = require('../../..');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cycle-'));
const socketPath = path.join(folder, 'api.sock');
const server = http
  .createServer((_request, response) => response.end('{"data":"ok"}'))
  .listen(socketPath, async () => {
    const client = getClient({ token: 'unused', socketPath });
    const { data, response } = await client.GET('/v1/container', { params: { query: { 'container-id': 'a b' } } });
    await client.POST('/v1/object-cache', { body: { a: 1 }, headers: { 'x-own': 'yes' } });
    const nowhere = getClient({ token: 'unused', socketPath: `${socketPath}.none` });
    const { code } = await nowhere.GET('/v1/environment').catch((error) => error);
    console.log(JSON.stringify({ touched, data, status: response.status, code }));
    server.close();
    server.closeAllConnections();
    fs.rmSync(folder, { recursive: true });
  });
