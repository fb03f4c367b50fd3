'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { once } = require('node:events');
const { readFile } = require('node:fs/promises');
const { test } = require('node:test');
const tls = require('node:tls');
const { promisify } = require('node:util');
const { request } = require('./peers/http-request');
const { startedSimulator } = require('./peers/started-simulator');
const { temporaryFolder } = require('./peers/temporary-folder');

const run = promisify(execFile);
const SHOP = 'shop.harbour-coffee.example';

/** @param {import('../testing').Simulator} simulator */
async function certificates(simulator) {
  return (await request(simulator, '/v1/containers/certificates')).json.data;
}

/**
 * The certificate that a TLS server with this bundle and key shows to a client that trusts the bundle's issuer.
 *
 * @param {{ bundle: string, private_key: string }} pair
 * @param {string} servername
 * @param {import('node:test').TestContext} t
 */
async function shown({ bundle, private_key }, servername, t) {
  const context = tls.createSecureContext({ key: private_key, cert: bundle });
  const server = tls.createServer({ SNICallback: (_name, done) => done(null, context) });
  t.after(() => server.close());
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const issuer = bundle.slice(bundle.lastIndexOf('-----BEGIN'));
  const socket = tls.connect({ port, host: '127.0.0.1', servername, ca: issuer });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate;
}

test('TLS servers work with the certificates', async (t) => {
  const [shop, wildcard, ...more] = await certificates(await startedSimulator(t));
  assert.equal(more.length, 0);
  const first = await shown(shop, SHOP, t);
  const second = await shown(wildcard, 'api.harbour-coffee.example', t);
  assert.deepEqual(shop.domains, [SHOP]);
  assert.deepEqual(wildcard.domains, ['*.harbour-coffee.example', 'harbour-coffee.example']);
  assert.notEqual(first?.validTo, second?.validTo);
  await assert.rejects(shown(shop, 'api.harbour-coffee.example', t), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  assert.throws(() => tls.createSecureContext({ cert: shop.bundle, key: wildcard.private_key }), /key values mismatch/);
});

test('OpenSSL reads the certificates and their keys', async (t) => {
  for (const { bundle, private_key, domains } of await certificates(await startedSimulator(t))) {
    const { stdout } = await openssl(['x509', '-noout', '-text', '-pubkey'], bundle);
    assert.ok(stdout.includes(`DNS:${domains.join(', DNS:')}`), stdout);
    const own = await openssl(['pkey', '-pubout'], private_key);
    assert.ok(stdout.includes(own.stdout), 'the key is that of the certificate');
  }
});

/**
 * @param {string[]} args
 * @param {string} [input]
 */
function openssl(args, input) {
  const running = run('openssl', args);
  running.child.stdin?.end(input);
  return running;
}

test('a certificate is replaced while the simulator runs', async (t) => {
  const simulator = await startedSimulator(t);
  const folder = temporaryFolder(t);
  const [key, bundle] = [`${folder}/key.pem`, `${folder}/bundle.pem`];
  await openssl([
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${SHOP}`, '-addext', `subjectAltName=DNS:${SHOP}`, '-keyout', key, '-out', bundle],
  ]);
  const [private_key, pem] = await Promise.all([readFile(key, 'utf8'), readFile(bundle, 'utf8')]);
  const before = await certificates(simulator);
  simulator.update((world) => {
    Object.assign(world.certificates[0]?.value ?? {}, { bundle: pem, private_key });
  });
  const [shop, wildcard] = await certificates(simulator);
  assert.deepEqual(shop, { ...before[0], bundle: pem, private_key });
  assert.deepEqual(wildcard, before[1]);
  const certificate = await shown(shop, SHOP, t);
  assert.equal(certificate?.subject, `CN=${SHOP}`);
});
