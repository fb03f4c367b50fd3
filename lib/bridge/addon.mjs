import { existsSync } from 'node:fs';
import { parentOf, root } from '../root.mjs';
import { explain } from './addon-missing.mjs';

/** @typedef {typeof import('../../binding.js')} Native */

/** What `binding.js` heeds and a look at the usual places does not. */
const OVERRIDES = ['NAPI_RS_NATIVE_LIBRARY_PATH', 'NAPI_RS_ENFORCE_VERSION_CHECK', 'NAPI_RS_FORCE_WASI'];

/** The version of Node-API that has all functions of the addon. They are looked up when they are first called: too late. */
const NODE_API = 9;

/** @type {Native | undefined} */
let native;

/**
 * The native addon, loaded when it is first asked for.
 *
 * @returns {Native}
 * @throws an error that says how to get it
 */
function loadNative() {
  if (native !== undefined) {
    return native;
  }
  try {
    const { napi } = process.versions;
    if (!(Number(napi) >= NODE_API)) {
      throw new Error(`Node-API ${NODE_API} is needed, here it is ${napi ?? 'missing'}`);
    }
    native = loadFromUsualPlace() ?? /** @type {Native} */ (require('../../binding.js'));
    return native;
  } catch (cause) {
    throw explain(cause);
  }
}

/**
 * The addon where it is on most systems, found as Node would find it. `binding.js` knows all places, but takes longer to
 * read than the addon does, and so does the search of `require`.
 *
 * @returns {Native | undefined}
 */
function loadFromUsualPlace() {
  if (OVERRIDES.some((name) => process.env[name])) {
    return undefined;
  }
  const target = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;
  const places = [
    root,
    `${root}/node_modules/@cycleplatform/internal-api-client-${target}`,
    `${parentOf(root)}/internal-api-client-${target}`,
  ];
  const files = places.map((place) => `${place}/cycle-internal-api.${target}.node`);
  try {
    const file = files.find(existsSync);
    return file ? loadAddon(file) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What `require` does with the file of an addon, kept where `require` keeps it: there is one of it in a process.
 *
 * @param {string} file
 * @returns {Native}
 */
function loadAddon(file) {
  const known = require.cache[file];
  if (known) {
    return known.exports;
  }
  const Module = /** @type {any} */ (module.constructor);
  const addon = new Module(file, module);
  process.dlopen(addon, file);
  addon.filename = file;
  addon.loaded = true;
  require.cache[file] = addon;
  return addon.exports;
}

export { loadNative };
