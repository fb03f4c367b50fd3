'use strict';

const { watchCertificates } = require('@cycleplatform/internal-api-client/live');
const { TOKEN } = require('./client.js');
const { livePlatform } = require('./live.js');
const { until } = require('./until.js');

/** An entry of the platform's answer. */
const entry = (id, { bundle, private_key }, more = {}) => ({
  id,
  hub_id: 'hub',
  domains: [`${id}.example`],
  bundle,
  private_key,
  ...more,
});

/**
 * A watch that is closed after the test, with what it emits.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ socketPath?: string, token?: string }} platform
 * @param {object} [options]
 */
async function watched(t, { socketPath, token = TOKEN }, options = {}) {
  const certificates = await watchCertificates(
    /** @type {any} */ ({ socketPath, token, minIntervalMs: 1, reconnectBaseDelayMs: 1, ...options }),
  );
  t.after(() => certificates.close());
  /** @type {{ domains: readonly string[], validTo: Date }[]} */
  const rotated = [];
  /** @type {any[]} */
  const errors = [];
  certificates.on('rotated', (rotation) => rotated.push(rotation));
  certificates.on('error', (error) => errors.push(error));
  return { certificates, rotated, errors };
}

/**
 * A platform that has these entries, and a watch of it that is connected.
 *
 * @param {import('node:test').TestContext} t
 * @param {object[]} entries
 * @param {object} [options]
 */
async function platformWith(t, entries, options) {
  const platform = await livePlatform(t, () => ({ data: entries }));
  const watch = await watched(t, platform, options);
  await until(() => platform.connections === 1, 'the connection');
  const notify = () => platform.notify('dns.certificate.state.changed');
  /** Has the platform answer with other entries, and resolves when the watch has taken them. */
  const set = async (next) => {
    let asked = 0;
    platform.answer = () => {
      asked += 1;
      return { data: next };
    };
    notify();
    await until(() => asked > 0, 'the list');
    // The second list is asked for when the first one was taken.
    const first = asked;
    notify();
    await until(() => asked > first, 'the list after it');
  };
  return { platform, set, ...watch };
}

module.exports = { entry, platformWith, watched };
