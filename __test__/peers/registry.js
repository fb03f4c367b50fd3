'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

/**
 * A registry of npm on loopback, which has the tarballs of a folder and nothing else.
 *
 * @param {string} folder
 * @returns {Promise<{ url: string, close: () => void }>}
 */
async function startRegistry(folder) {
  /** @type {Map<string, { manifest: any, bytes: Buffer, file: string }[]>} */
  const packages = new Map();
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'))) {
    const at = path.join(folder, file);
    const text = execFileSync('tar', ['-xzOf', at, 'package/package.json'], { encoding: 'utf8' });
    const manifest = JSON.parse(text);
    packages.set(manifest.name, [
      ...(packages.get(manifest.name) ?? []),
      { manifest, bytes: fs.readFileSync(at), file },
    ]);
  }

  const server = http.createServer((request, response) => {
    const asked = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1));
    const versions = packages.get(asked);
    const tarball = [...packages.values()].flat().find(({ file }) => asked === `-/${file}`);
    if (tarball) {
      response.end(tarball.bytes);
    } else if (versions) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(packument(asked, versions, url)));
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}`;
  return { url, close: () => server.close() };
}

/**
 * What a registry says of a package.
 *
 * @param {string} name
 * @param {{ manifest: any, bytes: Buffer, file: string }[]} versions
 * @param {string} url
 */
function packument(name, versions, url) {
  const described = versions.map(({ manifest, bytes, file }) => {
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const shasum = createHash('sha1').update(bytes).digest('hex');
    return [manifest.version, { ...manifest, dist: { tarball: `${url}/-/${file}`, integrity, shasum } }];
  });
  const latest = versions.at(-1)?.manifest.version;
  // Long ago: package managers may be told to wait with what is new.
  const time = Object.fromEntries(versions.map(({ manifest }) => [manifest.version, '2020-01-01T00:00:00.000Z']));
  return { name, 'dist-tags': { latest }, time, versions: Object.fromEntries(described) };
}

module.exports = { startRegistry };
