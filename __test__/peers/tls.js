'use strict';

const { execFile, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const https = require('node:https');
const tls = require('node:tls');

/**
 * An HTTPS server with the certificates of a watch, closed after the test.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {any} certificates
 * @param {import('node:http').RequestListener} [onRequest]
 * @param {object} [own] the server's own certificate
 */
async function tlsServer(
  scope,
  certificates,
  onRequest = (_request, response) => response.end('hello'),
  own = certificates.default,
) {
  const { SNICallback } = certificates;
  const server = https.createServer({ ...own, SNICallback, keepAliveTimeout: 60_000 }, onRequest);
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: /** @type {import('node:net').AddressInfo} */ (server.address()).port };
}

/**
 * The certificate that a new connection is shown, in PEM. The client checks it when it gets a `ca`.
 *
 * @param {number} port
 * @param {string | undefined} servername undefined for a client that names none
 * @param {string} [ca] PEM
 * @returns {Promise<string>}
 */
async function shownBy(port, servername, ca) {
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: ca !== undefined,
    ...(servername !== undefined && { servername }),
    ...(ca !== undefined && { ca }),
  });
  try {
    await once(socket, 'secureConnect');
    return String(socket.getPeerX509Certificate());
  } finally {
    socket.destroy();
  }
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/**
 * The same as `openssl s_client` sees it, where there is one; elsewhere as Node does.
 *
 * @param {number} port
 * @param {string} servername
 * @returns {Promise<string>}
 */
function shownToOpenssl(port, servername) {
  if (!hasOpenssl) return shownBy(port, servername);
  return new Promise((resolve, reject) => {
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', servername];
    const child = execFile('openssl', args, (error, stdout) => {
      const [pem] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/.exec(stdout) ?? [];
      if (pem) resolve(pem);
      else reject(error ?? new Error(`no certificate: ${stdout}`));
    });
    child.stdin?.end();
  });
}

module.exports = { shownBy, shownToOpenssl, tlsServer };
