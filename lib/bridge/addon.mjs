import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { parentOf, root } from '../root.mjs';
import { explain, NAME } from './addon-missing.mjs';

/** @typedef {typeof import('../../binding.js')} Native */

/** The version of Node-API that has all functions of the addon. They are looked up when they are first called: too late. */
const NODE_API = 9;

/** Where the text that an addon has inside says its version. */
const VERSION = 1;

/** As much of a program's file as has the name of its dynamic linker. */
const HEAD = 4096;

/** How musl's dynamic linker names processors. @type {Record<string, string>} */
const PROCESSORS = { x64: 'x86_64', arm64: 'aarch64' };

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
  let target = `${process.platform}-${process.arch}`;
  /** @type {string | undefined} */
  let file;
  try {
    ({ target, file } = findSystem(target));
    const { napi } = process.versions;
    if (!(Number(napi) >= NODE_API)) {
      throw new Error(`Node-API ${NODE_API} is needed, here it is ${napi ?? 'missing'}`);
    }
    native = load(target, file);
    return native;
  } catch (cause) {
    throw explain(cause, target);
  }
}

/**
 * @param {string} target
 * @param {string | undefined} found the addon, if it was met on the way
 * @returns {Native}
 */
function load(target, found) {
  const told = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
  // By `dlopen`, since the `require` of a single executable knows only Node's own modules.
  const file = told ? require('node:path').resolve(told) : (found ?? findFile(target) ?? searchFile(target));
  if (file !== undefined) {
    return checked(loadFile(file), target, file);
  }
  // Bundlers know this one, and put something else in its place.
  return checked(/** @type {Native} */ (require('../../binding.js')), target, 'the addon');
}

/**
 * The addon where it is on most systems, found as Node would find it. `binding.js` knows all places, but takes longer to
 * read than the addon does, and so does the search of `require`.
 *
 * @param {string} target
 */
function findFile(target) {
  const places = [
    root,
    `${root}/node_modules/${NAME}-${target}`,
    `${parentOf(root)}/internal-api-client-${target}`,
    import.meta.dirname,
  ];
  return places.map((place) => `${place}/cycle-internal-api.${target}.node`).find((file) => existsSync(file));
}

/**
 * The addon where `require` finds its package. Bundlers do not see this search: they would take in all that it may find.
 *
 * @param {string} target
 * @returns {string | undefined}
 */
function searchFile(target) {
  try {
    return /** @type {any} */ (module.constructor)._resolveFilename(`${NAME}-${target}`, module);
  } catch {
    return undefined;
  }
}

/**
 * The system, as the packages of the addons name it, and its addon where that was found on the way. On Linux the C library
 * belongs to the system.
 *
 * @param {string} system
 * @returns {{ target: string, file?: string }}
 */
function findSystem(system) {
  if (process.platform !== 'linux') {
    return { target: system };
  }
  const gnu = `${system}-gnu`;
  const file = lacksMusl() ? findFile(gnu) : undefined;
  return { target: file || !isMusl() ? gnu : `${system}-musl`, file };
}

/** Whether musl is surely not installed. This takes a tenth of the time of what {@link isMusl} does. */
function lacksMusl() {
  const processor = PROCESSORS[process.arch];
  // Files that may not be read look as if there were none.
  const { permission } = /** @type {any} */ (process);
  return processor !== undefined && !permission && !existsSync(`/lib/ld-musl-${processor}.so.1`);
}

/** Whether the program runs on musl: both addons may be installed, and that for glibc must not be opened there. */
function isMusl() {
  const head = headOf('/proc/self/exe');
  if (head.includes('/ld-linux')) {
    return false;
  }
  if (head.includes('/ld-musl-')) {
    return true;
  }
  // The program was started by its dynamic linker, or its file may not be read.
  const { report } = /** @type {any} */ (process);
  if (!report) {
    return false;
  }
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  const { header, sharedObjects } = report.getReport();
  report.excludeNetwork = excludeNetwork;
  return !header?.glibcVersionRuntime && !!sharedObjects?.some((/** @type {string} */ name) => name.includes('musl'));
}

/** @param {string} file */
function headOf(file) {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const bytes = Buffer.allocUnsafe(HEAD);
      return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, HEAD, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

/**
 * What `require` does with the file of an addon, kept where `require` keeps it: there is one of it in a process.
 *
 * @param {string} file
 * @returns {Native}
 */
function loadFile(file) {
  const known = require.cache?.[file];
  if (known) {
    return known.exports;
  }
  const Module = /** @type {any} */ (module.constructor);
  const addon = new Module(file, module);
  // Bun's has none.
  addon.exports ??= {};
  process.dlopen(addon, file);
  addon.filename = file;
  addon.loaded = true;
  if (require.cache) {
    require.cache[file] = addon;
  }
  return addon.exports;
}

/**
 * An addon of another version may lack a function, or understand something else by it.
 *
 * @param {Native} addon
 * @param {string} target
 * @param {string} file
 */
function checked(addon, target, file) {
  const build = addon.BUILD ?? '';
  const version = build.split(' ')[VERSION] ?? 'unknown';
  if (version !== PACKAGE_VERSION) {
    throw new Error(`the package's JavaScript has version ${PACKAGE_VERSION}, but ${file} has version ${version}`);
  }
  if (target.endsWith('-musl') && build.endsWith('-gnu;')) {
    throw new Error(`${file} is for glibc, and this program runs on musl`);
  }
  return addon;
}

export { loadNative };
