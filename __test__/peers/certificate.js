'use strict';

const { generateKeyPairSync, randomBytes, sign } = require('node:crypto');
const { domainToASCII } = require('node:url');

/** @param {number} tag @param {...(Buffer | number[])} contents */
function der(tag, ...contents) {
  const body = Buffer.concat(contents.map((one) => Buffer.from(one)));
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...contents) => der(0x30, ...contents);
const text = (tag, value) => der(tag, Buffer.from(value));
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));

const COMMON_NAME = oid('550403');
const ALTERNATIVE_NAMES = oid('551d11');
const BASIC_CONSTRAINTS = oid('551d13');
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const RSA_SHA256 = sequence(oid('2a864886f70d01010b'), der(0x05));

const named = (name) => sequence(der(0x31, sequence(COMMON_NAME, text(0x0c, name))));

/** @param {Date} date */
function time(date) {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? text(0x17, digits.slice(2)) : text(0x18, digits);
}

const DAY = 86_400_000;

/**
 * A certificate with its key, made here so that it may have any names and times. It is signed by itself, or by `issuer`, whose
 * certificate is then in the bundle.
 *
 * @param {{ names?: string[], from?: Date, to?: Date, issuer?: any, authority?: boolean, rsa?: boolean }} [options]
 */
function makeCertificate({
  names = ['shop.example'],
  from = new Date(Date.now() - DAY),
  to = new Date(Date.now() + 90 * DAY),
  issuer,
  authority = false,
  rsa = false,
} = {}) {
  const { publicKey, privateKey } = rsa
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = named(names[0] ?? 'nobody');
  const signer = issuer ?? { subject, privateKey };
  const algorithm = signer.privateKey.asymmetricKeyType === 'rsa' ? RSA_SHA256 : ECDSA_SHA256;
  const extensions = [
    ...(names.length > 0
      ? [
          sequence(
            ALTERNATIVE_NAMES,
            der(0x04, sequence(...names.map((name) => text(0x82, domainToASCII(name) || name)))),
          ),
        ]
      : []),
    ...(authority ? [sequence(BASIC_CONSTRAINTS, der(0x01, [0xff]), der(0x04, sequence(der(0x01, [0xff]))))] : []),
  ];
  const content = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1], randomBytes(8)),
    algorithm,
    signer.subject,
    sequence(time(from), time(to)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signed = sequence(content, algorithm, der(0x03, [0], sign('sha256', content, signer.privateKey)));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return {
    subject,
    privateKey,
    pem,
    /** As the platform gives it: the certificate, then those of its issuers but for the last. */
    bundle: pem + (issuer?.isIntermediate ? issuer.pem : ''),
    private_key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    isIntermediate: authority && issuer !== undefined,
  };
}

module.exports = { DAY, makeCertificate };
