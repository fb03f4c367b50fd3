import { unexpected } from './call.mjs';
import { Certificate } from './certificate.mjs';
import { FOLLOWING, readDurations } from './durations.mjs';
import { Follower } from './follower.mjs';
import { checkOptions } from './options.mjs';
import { listInterval } from './renewal.mjs';
import { normalName, wildcardOf } from './server-name.mjs';
import { follow } from './subscriber.mjs';

const OWNER = 'watchCertificates';

const PATH = '/v1/containers/certificates';

/** What may change which certificates there are. A record that leads here may bring one that is there already. */
const TOPICS = [
  'dns.certificate.*',
  'dns.zone.certificate.ready',
  'dns.zone.records.reconfigured',
  'dns.zone.record.state.changed',
];

const DURATIONS = { pollMs: { usual: 3_600_000, least: 1 }, ...FOLLOWING };

/**
 * Follows the certificates of this container. Documented in `live.d.ts`.
 *
 * A name keeps its certificate until there is a valid one in its place.
 */
class CertificatesWatch extends Follower {
  #pollMs;
  /** Those in use, in the platform's order. @type {Certificate[]} */
  #used = [];
  /** By name or wildcard, the best first. @type {Map<string, Certificate[]>} */
  #byName = new Map();
  /** @type {readonly object[]} */
  #list = Object.freeze([]);
  /** @type {readonly Error[]} */
  #faults = Object.freeze([]);
  #isFirst = true;
  #sniCallback = (/** @type {string} */ name, /** @type {(error: null, context?: any) => void} */ done) =>
    done(null, this.secureContext(name) ?? this.secureContext());

  /**
   * @param {import('./subscriber.mjs').Access} access
   * @param {{ pollMs: number, minIntervalMs: number }} durations
   */
  constructor(access, { pollMs, minIntervalMs }) {
    super(access, { path: PATH, pollMs, minIntervalMs });
    this.#pollMs = pollMs;
  }

  get list() {
    return this.#list;
  }

  get faults() {
    return this.#faults;
  }

  get default() {
    return this.#default?.credentials;
  }

  get SNICallback() {
    return this.#sniCallback;
  }

  /** @param {string} [name] */
  secureContext(name) {
    return (name === undefined ? this.#default : this.#find(normalName(String(name))))?.context;
  }

  get #default() {
    const now = Date.now();
    return this.#used.find((one) => one.isCurrent(now)) ?? this.#used[0];
  }

  /** @param {string} name a normal one */
  #find(name) {
    const now = Date.now();
    const [exact, wildcard] = [name, wildcardOf(name)].map((one) => this.#byName.get(one) ?? []);
    return [...exact, ...wildcard].find((one) => one.isCurrent(now)) ?? exact[0] ?? wildcard[0];
  }

  /** @override @internal @param {unknown} data */
  read(data) {
    if (!Array.isArray(data)) {
      throw unexpected('GET', PATH, '`data` is not an array');
    }
    for (const entry of data) {
      for (const field of ['id', 'bundle', 'private_key']) {
        if (typeof entry?.[field] !== 'string') {
          throw unexpected('GET', PATH, `an entry has no \`${field}\``);
        }
      }
    }
    return data;
  }

  /** @override @internal @param {any[]} entries */
  accept(entries) {
    const now = Date.now();
    const before = this.#used;
    const told = this.#faults.map(({ message }) => message);
    const { usable, faults } = this.#check(entries, now);
    this.#use(chosen(usable, before, now), entries);
    this.#faults = Object.freeze(faults);
    this.every(listInterval(Math.min(...this.#used.map(({ validTo }) => validTo.getTime() - now)), this.#pollMs));
    if (this.#isFirst) {
      this.#isFirst = false;
      return;
    }
    for (const { domains, validTo } of this.#used.filter((one) => !before.some((other) => other.equals(one)))) {
      this.tell('rotated', { domains, validTo: new Date(validTo) });
    }
    for (const fault of faults.filter(({ message }) => !told.includes(message))) {
      this.report(fault);
    }
  }

  /**
   * @param {any[]} entries
   * @param {number} now
   */
  #check(entries, now) {
    const usable = [];
    const faults = [];
    for (const entry of entries) {
      try {
        const certificate = this.#used.find((one) => one.isOf(entry)) ?? new Certificate(entry);
        const fault = certificate.faultOfTime(now);
        usable.push(certificate);
        faults.push(...(fault ? [fault] : []));
      } catch (error) {
        faults.push(/** @type {Error} */ (error));
      }
    }
    return { usable, faults };
  }

  /**
   * @param {Certificate[]} certificates the best first
   * @param {any[]} entries
   */
  #use(certificates, entries) {
    this.#byName = new Map();
    for (const certificate of certificates) {
      for (const name of certificate.domains) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), certificate]);
      }
    }
    // One that stays for a faulty entry has that entry's place, so that the default stays the same.
    const ids = entries.map(({ id }) => id);
    const place = (/** @type {Certificate} */ { id }) => (ids.includes(id) ? ids.indexOf(id) : ids.length);
    this.#used = [...certificates].sort((one, other) => place(one) - place(other));
    this.#list = Object.freeze(this.#used.map(describe));
  }
}

/**
 * Which certificates are used, the best first: valid ones of the answer, the newest before older ones; those that were used before
 * and are still valid, for names that have no valid one now; and for names that have none of these, what is not valid.
 *
 * @param {Certificate[]} usable of the answer
 * @param {Certificate[]} before
 * @param {number} now
 */
function chosen(usable, before, now) {
  const valid = usable
    .filter((one) => one.isCurrent(now))
    .sort((one, other) => other.validFrom.getTime() - one.validFrom.getTime());
  const kept = before.filter((one) => one.isCurrent(now) && !usable.includes(one) && !cover(valid, one));
  const rest = usable.filter((one) => !one.isCurrent(now) && !cover([...valid, ...kept], one));
  return [...valid, ...kept, ...rest];
}

/**
 * Whether all names of a certificate are names of others.
 *
 * @param {Certificate[]} certificates
 * @param {Certificate} one
 */
function cover(certificates, { domains }) {
  return domains.every((name) => certificates.some((other) => other.domains.includes(name)));
}

/** What is shown of a certificate. @param {Certificate} certificate */
function describe({ id, domains, validFrom, validTo, fingerprint, credentials: { cert } }) {
  return Object.freeze({ id, domains, validFrom: new Date(validFrom), validTo: new Date(validTo), fingerprint, cert });
}

/**
 * Follows the certificates of this container. Documented in `live.d.ts`.
 *
 * @param {any} [options]
 */
async function watchCertificates(options = {}) {
  checkOptions(OWNER, options, Object.keys(DURATIONS));
  const durations = readDurations(OWNER, options, DURATIONS);
  return follow(options, { topics: TOPICS, durations }, (access) => new CertificatesWatch(access, durations));
}

export { CertificatesWatch, watchCertificates };
