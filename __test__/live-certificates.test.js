'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const https = require('node:https');
const { test } = require('node:test');
const { DAY, makeCertificate } = require('./peers/certificate.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { shownBy, shownToOpenssl, tlsServer } = require('./peers/tls.js');
const { until } = require('./peers/until.js');
const { entry, platformWith, watched } = require('./peers/watched-certificates.js');

const SHOP = 'shop.harbour-coffee.example';

test('an HTTPS server shows the simulated certificates, and a rotated one', async (t) => {
  const simulator = await startedSimulator(t);
  const { certificates, rotated } = await watched(t, simulator);
  await simulator.whenConnected();
  const [shop, wildcard] = certificates.list;
  assert.deepEqual(shop?.domains, [SHOP]);
  assert.equal(certificates.default?.cert, shop?.cert);
  const { port } = await tlsServer(t, certificates);
  const issuer = shop?.cert.slice(shop.cert.lastIndexOf('-----BEGIN'));
  assert.ok(shop?.cert.startsWith(await shownBy(port, SHOP, issuer)));
  assert.ok(wildcard?.cert.startsWith(await shownBy(port, 'api.harbour-coffee.example', issuer)));

  const next = makeCertificate({ names: [SHOP] });
  simulator.update((world) => {
    const [first] = world.certificates;
    if (first) Object.assign(first.value, { bundle: next.bundle, private_key: next.private_key });
  });
  simulator.publish({ topic: 'dns.certificate.state.changed' });
  await until(() => rotated.length > 0, 'the rotation');
  assert.deepEqual(rotated[0]?.domains, [SHOP]);
  assert.deepEqual(rotated[0]?.validTo, certificates.list[0]?.validTo);
  assert.equal(await shownBy(port, SHOP, next.pem), next.pem);
  assert.equal(await shownToOpenssl(port, SHOP), next.pem);
  assert.ok(wildcard?.cert.startsWith(await shownToOpenssl(port, 'api.harbour-coffee.example')));
});

test('a rotation leaves connections alone: with keep-alive and with an answer that is under way', async (t) => {
  const [old, next] = [makeCertificate(), makeCertificate()];
  const { certificates, rotated, set } = await platformWith(t, [entry('shop', old)]);
  /** @type {import('node:http').ServerResponse | undefined} */
  let slow;
  const { port, server } = await tlsServer(t, certificates, (request, response) => {
    if (request.url === '/slow') {
      slow = response;
      response.write('first,');
    } else {
      response.end(request.url);
    }
  });
  certificates.on('rotated', () => server.setSecureContext(/** @type {any} */ (certificates.default)));
  const agent = new https.Agent({ keepAlive: true, maxSockets: 2, ca: [old.pem, next.pem] });
  t.after(() => agent.destroy());
  const ask = async (path) => {
    const request = https.get({ port, host: '127.0.0.1', servername: 'shop.example', path, agent });
    const [response] = await once(request, 'response');
    return { response, port: response.socket.localPort, reused: request.reusedSocket };
  };
  const read = async (response) => {
    let text = '';
    for await (const part of response) text += part;
    return text;
  };

  const streaming = await ask('/slow');
  const first = await ask('/1');
  assert.equal(await read(first.response), '/1');
  await set([entry('shop', next)]);
  assert.equal(rotated.length, 1);

  const second = await ask('/2');
  assert.equal(await read(second.response), '/2');
  assert.deepEqual([second.reused, second.port], [true, first.port]);
  slow?.end('last');
  assert.equal(await read(streaming.response), 'first,last');
  assert.equal(await shownBy(port, 'shop.example', next.pem), next.pem);
  assert.equal(await shownBy(port, undefined), next.pem);
});

test('a rotation may bring another kind of key, where the server gets its own certificate anew', async (t) => {
  const [old, next, last] = [false, true, false].map((rsa) => makeCertificate({ rsa }));
  const { certificates, set } = await platformWith(t, [entry('shop', old)]);
  const { port, server } = await tlsServer(t, certificates);
  certificates.on('rotated', () => server.setSecureContext(/** @type {any} */ (certificates.default)));
  for (const one of [next, last]) {
    await set([entry('shop', one)]);
    assert.equal(await shownBy(port, 'shop.example', one.pem), one.pem);
    assert.equal(await shownBy(port, undefined), one.pem);
  }
});

test('names: exact before wildcard, one label, any spelling; the default for others', async (t) => {
  const [first, wildcard, exact, idn] = [
    makeCertificate({ names: ['first.example'] }),
    makeCertificate({ names: ['*.shop.example', 'shop.example'] }),
    makeCertificate({ names: ['www.shop.example'] }),
    makeCertificate({ names: ['bücher.example'] }),
  ];
  const all = { first, wildcard, exact, idn };
  const { certificates } = await platformWith(
    t,
    Object.entries(all).map(([id, one]) => entry(id, one)),
  );
  assert.deepEqual(
    certificates.list.map(({ domains }) => domains),
    [['first.example'], ['*.shop.example', 'shop.example'], ['www.shop.example'], ['xn--bcher-kva.example']],
  );
  const { port } = await tlsServer(t, certificates);
  const expected = {
    'first.example': first,
    'www.shop.example': exact,
    'WWW.Shop.EXAMPLE': exact,
    'api.shop.example': wildcard,
    'shop.example': wildcard,
    'xn--bcher-kva.example': idn,
    'XN--BCHER-KVA.example': idn,
    'a.b.shop.example': first,
    example: first,
    'unknown.example': first,
  };
  for (const [name, one] of Object.entries(expected)) {
    assert.equal(await shownBy(port, name), one.pem, name);
    assert.equal(await shownToOpenssl(port, name), one.pem, name);
  }
  assert.equal(await shownBy(port, undefined), first.pem);

  const context = certificates.secureContext('bücher.example');
  assert.ok(context?.context);
  for (const name of ['BÜCHER.example', 'xn--bcher-kva.example', 'bücher.example.']) {
    assert.equal(certificates.secureContext(name), context, name);
  }
  for (const name of ['', '.', '*', 'shop', '*.example', '127.0.0.1', 'a b', '..shop.example', 'a.b.shop.example']) {
    assert.equal(certificates.secureContext(name), undefined, name);
  }
  assert.ok(certificates.secureContext());
});

test('PEM and Base64 of PEM are taken, of each kind of key', async (t) => {
  const [plain, encoded, rsa] = ['plain', 'encoded', 'rsa'].map((name) =>
    makeCertificate({ names: [`${name}.example`], rsa: name === 'rsa' }),
  );
  const base64 = (text) => Buffer.from(text).toString('base64');
  const wrapped = base64(encoded.bundle).replace(/.{76}/g, '$&\n');
  const sec1 = String(plain.privateKey.export({ type: 'sec1', format: 'pem' }));
  const { certificates } = await platformWith(t, [
    entry('plain', { bundle: plain.bundle.replaceAll('\n', '\r\n'), private_key: sec1 }),
    entry('encoded', { bundle: wrapped, private_key: base64(encoded.private_key) }),
    entry('rsa', { bundle: base64(rsa.bundle), private_key: rsa.private_key }),
  ]);
  assert.deepEqual(certificates.faults, []);
  // Without a certificate of its own, which Node would show for the other kind of key.
  const { port } = await tlsServer(t, certificates, undefined, {});
  for (const [name, one] of Object.entries({ plain, encoded, rsa })) {
    assert.equal(await shownBy(port, `${name}.example`, one.pem), one.pem);
  }
});

test('the whole chain is sent, whatever its order in the bundle', async (t) => {
  const root = makeCertificate({ names: ['root.example'], authority: true });
  const between = makeCertificate({ names: ['between.example'], authority: true, issuer: root });
  const [one, two] = ['one.example', 'two.example'].map((name) => makeCertificate({ names: [name], issuer: between }));
  const { certificates } = await platformWith(t, [
    entry('one', one),
    entry('two', { bundle: `${two.private_key}${between.pem}\nText\n${two.pem}`, private_key: two.private_key }),
  ]);
  const { port } = await tlsServer(t, certificates);
  assert.equal(await shownBy(port, 'one.example', root.pem), one.pem);
  assert.equal(await shownBy(port, 'two.example', root.pem), two.pem);
  assert.equal(certificates.list[1]?.cert, `${two.pem}${between.pem}`);
});

test('what cannot be used does not replace what works, is told once, and is replaced by what works', async (t) => {
  const [old, other, next] = [makeCertificate(), makeCertificate(), makeCertificate()];
  const faulty = {
    'its private key is that of another': { bundle: old.bundle, private_key: other.private_key },
    'its `bundle` is neither PEM nor Base64': { bundle: 'bundle', private_key: old.private_key },
    'its `private_key` is neither PEM nor Base64': { bundle: other.bundle, private_key: '' },
    'its `bundle` has no certificate': { bundle: old.private_key, private_key: old.private_key },
    'its `bundle` is damaged': {
      bundle: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      private_key: old.private_key,
    },
    'its `private_key` cannot be read': {
      bundle: other.bundle,
      private_key: other.private_key.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'),
    },
    'it expired at ': makeCertificate({ to: new Date(Date.now() - 1000) }),
    'it is valid from ': makeCertificate({ from: new Date(Date.now() + DAY) }),
  };
  const second = entry('second', makeCertificate({ names: ['second.example'] }));
  const { certificates, rotated, errors, set } = await platformWith(t, [entry('shop', old), second]);
  const { port } = await tlsServer(t, certificates);
  for (const [index, [reason, pair]] of Object.entries(faulty).entries()) {
    await set([entry('shop', pair), second]);
    assert.equal(errors.length, index + 1, reason);
    const error = errors[index];
    assert.equal(error.code, 'ERR_CYCLE_CERTIFICATE');
    assert.equal(error.certificateId, 'shop');
    assert.ok(error.message.startsWith('Certificate shop for shop.example '), error.message);
    assert.ok(error.message.includes(reason), error.message);
    assert.deepEqual(certificates.faults, [error]);
    assert.equal(certificates.default?.cert, old.pem, 'the default stays the same');
    assert.equal(await shownBy(port, 'shop.example', old.pem), old.pem, reason);
  }
  assert.deepEqual(rotated, []);
  await set([entry('shop', next), second]);
  assert.deepEqual(certificates.faults, []);
  assert.equal(rotated.length, 1);
  assert.equal(await shownBy(port, 'shop.example', next.pem), next.pem);
});

test('what expires while it is used stays, unless another one is valid', async (t) => {
  const wildcard = makeCertificate({ names: ['*.example'] });
  const [one, two] = ['one.example', 'one.two.example'].map((name) =>
    makeCertificate({ names: [name], to: new Date(Date.now() + 4000) }),
  );
  const entries = [entry('one', one), entry('two', two), entry('wildcard', wildcard)];
  const { certificates, errors, rotated } = await platformWith(t, entries, { pollMs: 20 });
  const { port } = await tlsServer(t, certificates);
  assert.equal(await shownBy(port, 'one.example'), one.pem);
  await until(() => errors.length === 2, 'both have expired');
  assert.match(errors[0].message, /is not valid: it expired at/);
  assert.equal(await shownBy(port, 'one.example'), wildcard.pem);
  assert.equal(await shownBy(port, 'one.two.example'), two.pem);
  assert.equal(certificates.default?.cert, wildcard.pem);
  assert.deepEqual(rotated, []);
});

test('at the start, what is not valid is used where there is nothing else', async (t) => {
  const expired = makeCertificate({ to: new Date(Date.now() - 1000) });
  const { certificates, rotated, set } = await platformWith(t, [entry('shop', expired)]);
  assert.equal(certificates.faults.length, 1);
  const { port } = await tlsServer(t, certificates);
  assert.equal(await shownBy(port, 'shop.example'), expired.pem);
  const next = makeCertificate();
  await set([entry('other', next), entry('shop', expired)]);
  assert.equal(rotated.length, 1);
  assert.equal(await shownBy(port, 'shop.example', next.pem), next.pem);
  assert.equal(certificates.faults.length, 1);
});

test('a certificate that vanishes stays for the names that no other one has', async (t) => {
  const [both, one] = [
    makeCertificate({ names: ['one.example', 'two.example'], to: new Date(Date.now() + 900 * DAY) }),
    makeCertificate({ names: ['one.example'] }),
  ];
  const { certificates, rotated, set } = await platformWith(t, [entry('both', both)]);
  const { port } = await tlsServer(t, certificates);
  await set([]);
  assert.equal(await shownBy(port, 'one.example'), both.pem);
  await set([entry('one', one)]);
  assert.equal(
    await shownBy(port, 'one.example'),
    one.pem,
    'the platform no longer gives the other, however long it is valid',
  );
  assert.equal(await shownBy(port, 'two.example'), both.pem);
  const two = makeCertificate({ names: ['two.example'] });
  await set([entry('one', one), entry('two', two)]);
  assert.equal(await shownBy(port, 'two.example'), two.pem);
  assert.deepEqual(
    certificates.list.map(({ id }) => id),
    ['one', 'two'],
  );
  assert.deepEqual(
    rotated.map(({ domains }) => domains),
    [['one.example'], ['two.example']],
  );
});

test('of two certificates for a name, the newer one is used', async (t) => {
  const [old, next] = [10, 1].map((days) => makeCertificate({ from: new Date(Date.now() - days * DAY) }));
  const { certificates } = await platformWith(t, [entry('old', old), entry('next', next)]);
  const { port } = await tlsServer(t, certificates);
  assert.equal(await shownBy(port, 'shop.example', next.pem), next.pem);
});

test('a certificate without names in itself is for those that the platform says', async (t) => {
  const bare = makeCertificate({ names: [] });
  const { certificates } = await platformWith(t, [entry('bare', bare, { domains: ['Bücher.example', 7] })]);
  assert.deepEqual(certificates.list[0]?.domains, ['xn--bcher-kva.example']);
  assert.ok(certificates.secureContext('bücher.example'));
});

test('without any certificate a server keeps its own, until there is one', async (t) => {
  const own = makeCertificate({ names: ['own.example'] });
  const { certificates, rotated, set } = await platformWith(t, []);
  assert.deepEqual([certificates.list, certificates.default, certificates.secureContext()], [[], undefined, undefined]);
  const { port, server } = await tlsServer(t, certificates);
  server.setSecureContext({ cert: own.pem, key: own.private_key });
  assert.equal(await shownBy(port, 'shop.example'), own.pem);
  const shop = makeCertificate();
  await set([entry('shop', shop)]);
  assert.equal(rotated.length, 1);
  assert.equal(await shownBy(port, 'shop.example', shop.pem), shop.pem);
});
