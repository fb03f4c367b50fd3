import { inspect } from 'node:util';
import { LiveError } from './error.mjs';
import { dnsNames, normalName } from './server-name.mjs';

// Loaded with the first certificate, because that takes 10 ms, and what else is in the bundle needs neither. They are parts of Node
// and need no file.
const crypto = () => require('node:crypto');
const tls = () => require('node:tls');

/** A private key and its certificate, as TLS servers take them. Neither inspecting nor JSON shows the key. */
class Credentials {
  /**
   * @param {string} key
   * @param {string} cert
   */
  constructor(key, cert) {
    this.key = key;
    this.cert = cert;
    Object.freeze(this);
  }

  toJSON() {
    return { cert: this.cert };
  }

  [inspect.custom]() {
    return { key: '[hidden]', cert: this.cert };
  }
}

/** A certificate of the platform that was checked, with its key. */
class Certificate {
  #source;
  /** @type {string} */
  id;
  /** @type {readonly string[]} */
  domains;
  /** @type {Date} */
  validFrom;
  /** @type {Date} */
  validTo;
  /** Of the certificate itself, SHA-256. @type {string} */
  fingerprint;
  credentials;
  context;

  /** @param {{ id: string, bundle: string, private_key: string, domains?: unknown }} source an entry of the answer */
  constructor(source) {
    this.#source = source;
    this.id = source.id;
    const key = pemOf(source, 'private_key');
    const { leaf, cert } = chainOf(source, key);
    this.domains = namesOf(leaf, source);
    this.validFrom = new Date(leaf.validFrom);
    this.validTo = new Date(leaf.validTo);
    this.fingerprint = leaf.fingerprint256;
    this.credentials = new Credentials(key, cert);
    this.context = guard(source, 'TLS does not accept it', () => tls().createSecureContext({ key, cert }));
  }

  /**
   * Whether it was made of the same entry.
   *
   * @param {{ id: string, bundle: string, private_key: string }} source
   */
  isOf({ id, bundle, private_key }) {
    return this.#source.id === id && this.#source.bundle === bundle && this.#source.private_key === private_key;
  }

  /**
   * Whether it shows and signs the same as another.
   *
   * @param {Certificate} other
   */
  equals({ credentials: { key, cert } }) {
    return this.credentials.key === key && this.credentials.cert === cert;
  }

  /** Whether clients accept its time. @param {number} now milliseconds since 1970 */
  isCurrent(now) {
    return this.validFrom.getTime() <= now && now < this.validTo.getTime();
  }

  /** Why clients do not accept its time; undefined if they do. @param {number} now */
  faultOfTime(now) {
    if (this.isCurrent(now)) {
      return undefined;
    }
    const { validFrom, validTo } = this;
    return fault(
      this.#source,
      now < validFrom.getTime()
        ? `it is valid from ${validFrom.toISOString()} on; check the clock`
        : `it expired at ${validTo.toISOString()}`,
      { is: 'is not valid' },
    );
  }
}

/**
 * Reads a field that is PEM, or Base64 of PEM.
 *
 * @param {any} source
 * @param {'bundle' | 'private_key'} field
 * @returns {string}
 */
function pemOf(source, field) {
  const isPem = (/** @type {string} */ text) => text.includes('-----BEGIN ');
  const text = source[field];
  const pem = isPem(text) ? text : Buffer.from(text, 'base64').toString('latin1');
  if (!isPem(pem)) {
    throw fault(source, `its \`${field}\` is neither PEM nor Base64 of PEM`);
  }
  return pem;
}

/**
 * The certificates of a bundle, that of the key first, as TLS wants it.
 *
 * @param {any} source
 * @param {string} key
 */
function chainOf(source, key) {
  const blocks = pemOf(source, 'bundle').match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const chain = blocks.map((pem) => ({
    pem,
    x509: guard(source, 'its `bundle` is damaged', () => new (crypto().X509Certificate)(pem)),
  }));
  if (chain.length === 0) {
    throw fault(source, 'its `bundle` has no certificate');
  }
  const privateKey = guard(source, 'its `private_key` cannot be read', () => crypto().createPrivateKey(key));
  const own = chain.find(({ x509 }) =>
    guard(source, 'its keys cannot be compared', () => x509.checkPrivateKey(privateKey)),
  );
  if (!own) {
    throw fault(source, 'its private key is that of another certificate');
  }
  const ordered = [own, ...chain.filter((one) => one !== own)];
  return { leaf: own.x509, cert: ordered.map(({ pem }) => `${pem}\n`).join('') };
}

/**
 * The names that a certificate is for. A very old one has none in itself; then the platform says them.
 *
 * @param {import('node:crypto').X509Certificate} leaf
 * @param {{ domains?: unknown }} source
 */
function namesOf(leaf, source) {
  const own = dnsNames(leaf.subjectAltName);
  return Object.freeze([...new Set(own.length > 0 ? own : domainsOf(source).map(normalName))]);
}

/** @param {{ domains?: unknown }} source @returns {string[]} */
function domainsOf({ domains }) {
  return Array.isArray(domains) ? domains.filter((name) => typeof name === 'string') : [];
}

/**
 * @template T
 * @param {any} source
 * @param {string} why
 * @param {() => T} run
 * @returns {T}
 */
function guard(source, why, run) {
  try {
    return run();
  } catch (error) {
    throw fault(source, why, { cause: error });
  }
}

/**
 * @param {any} source
 * @param {string} why
 * @param {{ cause?: any, is?: string }} [details] a `cause` is kept only if it is of OpenSSL, which has nothing of the texts
 */
function fault(source, why, { cause, is = 'cannot be used' } = {}) {
  const domains = domainsOf(source);
  const shown = domains.length > 0 ? ` for ${domains.join(', ')}` : '';
  const error = new LiveError(
    'ERR_CYCLE_CERTIFICATE',
    `Certificate ${source.id}${shown} ${is}: ${why}.`,
    /^ERR_(OSSL|SSL)_/.test(cause?.code) ? { cause } : undefined,
  );
  return Object.assign(error, { certificateId: source.id });
}

export { Certificate };
