'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

/** @typedef {typeof import('../binding.js')} Native */

/** What `binding.js` heeds and a look at the usual places does not. */
const OVERRIDES = ['NAPI_RS_NATIVE_LIBRARY_PATH', 'NAPI_RS_ENFORCE_VERSION_CHECK', 'NAPI_RS_FORCE_WASI'];

/** @type {Native | undefined} */
let native;

/**
 * The native addon, loaded when it is first asked for.
 *
 * @returns {Native}
 * @throws an error that says how to get it
 */
function loadNative() {
  try {
    native ??= loadFromUsualPlace() ?? /** @type {Native} */ (require('../binding.js'));
    return native;
  } catch (cause) {
    throw explain(cause);
  }
}

/**
 * The addon where it is on most systems: `binding.js` knows all places, but takes longer to read than the addon does.
 *
 * @returns {Native | undefined}
 */
function loadFromUsualPlace() {
  if (OVERRIDES.some((name) => process.env[name])) {
    return undefined;
  }
  const target = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;
  const built = join(__dirname, '..', `cycle-internal-api.${target}.node`);
  try {
    return require(existsSync(built) ? built : `@cycleplatform/internal-api-client-${target}`);
  } catch {
    return undefined;
  }
}

/** @param {unknown} cause */
function explain(cause) {
  const { platform, arch, version } = process;
  const lines = [
    `@cycleplatform/internal-api-client: the native part for ${platform} ${arch} (Node ${version}) could not be loaded.`,
    'Usual causes, and what to try:',
    '- Optional dependencies were left out: run "npm install --include=optional".',
    `- node_modules was made on another system: run "npm ci" on ${platform} ${arch}, in the image that will run it.`,
    '- A bundler moved the code away from its binary: mark the package as external.',
    '- No binary is published for this system: build it with Rust ("npm run build" in a checkout),',
    '  and point NAPI_RS_NATIVE_LIBRARY_PATH to the .node file.',
    `What the loader said: ${cause instanceof Error ? cause.message : String(cause)}`,
  ];
  return Object.assign(new Error(lines.join('\n'), { cause }), { code: 'ERR_CYCLE_NATIVE_MISSING' });
}

module.exports = { loadNative };
