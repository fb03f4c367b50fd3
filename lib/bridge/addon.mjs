import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { here, parentOf, root } from '../root.mjs';
import { explain, NAME } from './addon-missing.mjs';

/** @typedef {typeof import('../../binding.js')} Native */

/** The version of Node-API that the addon needs. With an older one, the linker would only name a missing function. */
const NODE_API = 9;

/** How many bytes at the start of a program file contain the name of its dynamic linker. */
const HEAD = 1024;

/**
 * One of the two addons, whose files are in the same package of a platform. A process can load both; they share nothing.
 *
 * @typedef {object} Addon
 * @property {string} name the first part of its file name, before the target
 * @property {boolean} [isSecond] true if neither the package's `main` nor `NAPI_RS_NATIVE_LIBRARY_PATH` names it
 * @property {() => any} loadBundled loads it by its `binding` file, whose `require` a bundler replaces
 */

/** The addon of production: clients, notifications and metadata. @type {Addon} */
const PRODUCTION = { name: 'cycle-internal-api', loadBundled: () => require('../../binding.js') };

/** @type {() => Native} */
const loadNative = loaderOf(PRODUCTION);

/**
 * Makes the function that gives an addon, and loads it the first time. That throws an error that says how to install it.
 *
 * @param {Addon} addon
 * @returns {() => any}
 */
function loaderOf(addon) {
  /** @type {unknown} */
  let loaded;
  return () => {
    loaded ??= load(addon);
    return loaded;
  };
}

/** @param {Addon} addon */
function load({ name, isSecond = false, loadBundled }) {
  const { arch, env, platform, versions } = process;
  // The system as in the names of the addons' packages. On Linux it includes the C library.
  const target = `${platform}-${arch}${platform === 'linux' ? (isMusl(arch) ? '-musl' : '-gnu') : ''}`;
  const fileName = `${name}.${target}.node`;
  try {
    if (!(Number(versions.napi) >= NODE_API)) {
      throw new Error(`Node-API ${NODE_API} is needed, here it is ${versions.napi ?? 'missing'}`);
    }
    const told = env.NAPI_RS_NATIVE_LIBRARY_PATH;
    // Loaded by `dlopen`, because `require` in a single executable knows only Node's own modules.
    const file = told
      ? require('node:path').resolve(told, isSecond ? `../${fileName}` : '')
      : (findFile(target, fileName) ?? searchFile(target, isSecond ? `/${fileName}` : ''));
    const addon = file ? loadFile(file) : loadElsewhere(target, name, loadBundled);
    check(addon, target, file ?? 'the addon');
    return addon;
  } catch (cause) {
    throw explain(cause, target, fileName, isSecond);
  }
}

/**
 * Whether the program runs on musl. Both addons may be installed, and the one for glibc must not be opened there.
 *
 * @param {string} arch
 */
function isMusl(arch) {
  const { Deno } = /** @type {any} */ (globalThis);
  // Deno may be forbidden to look at the files below, and then throws.
  if (Deno) {
    return Deno.build.target.endsWith('musl');
  }
  const { permission } = /** @type {any} */ (process);
  // Under Node's permission model, `existsSync` is false for files that the program may not read.
  if (!permission && !existsSync(`/lib/ld-musl-${arch === 'x64' ? 'x86_64' : 'aarch64'}.so.1`)) {
    return false;
  }
  const head = headOf('/proc/self/exe');
  if (head.includes('/ld-linux')) {
    return false;
  }
  if (head.includes('/ld-musl-')) {
    return true;
  }
  // The program was started by its dynamic linker, or its file may not be read. Then what it was compiled for decides,
  // which is slower to find out.
  return !('RTLD_DEEPBIND' in require('node:os').constants.dlopen);
}

/** @param {string} file */
function headOf(file) {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const bytes = new Uint8Array(HEAD);
      readSync(descriptor, bytes, 0, HEAD, 0);
      // `apply` is faster than spreading, which calls the iterator for each byte.
      return String.fromCharCode.apply(null, /** @type {any} */ (bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

/**
 * Looks for the addon where it usually is. This is faster than `binding.js`, which knows all places, and than the search
 * of `require`.
 *
 * @param {string} target
 * @param {string} fileName
 */
function findFile(target, fileName) {
  const places = [
    root,
    `${root}/node_modules/${NAME}-${target}`,
    `${parentOf(root)}/internal-api-client-${target}`,
    here,
  ];
  for (const place of places) {
    const file = `${place}/${fileName}`;
    if (existsSync(file)) {
      return file;
    }
  }
  return undefined;
}

/**
 * Looks for the addon's package as `require` does, but hidden from bundlers, which would include every file it may find.
 *
 * @param {string} target
 * @param {string} path of the file in its package; empty for the package's `main`
 * @returns {string | undefined}
 */
function searchFile(target, path) {
  try {
    return /** @type {any} */ (module.constructor)._resolveFilename(`${NAME}-${target}${path}`, module);
  } catch {
    return undefined;
  }
}

/**
 * Loads the addon by `binding.js`, which finds it in every other place. Bundlers replace this `require`.
 *
 * @param {string} target
 * @param {string} name
 * @param {() => Native} loadBundled
 * @returns {Native}
 */
function loadElsewhere(target, name, loadBundled) {
  const otherTarget = target.replace(/gnu$|musl$/, (library) => (library === 'gnu' ? 'musl' : 'gnu'));
  const other = findFile(otherTarget, `${name}.${otherTarget}.node`);
  if (other) {
    throw wrongLibrary(other, target);
  }
  // A single executable has no packages, and `searchFile` has looked into Yarn's archives.
  if (!require.resolve || root.includes('/.yarn/')) {
    throw new Error('Cannot find the addon');
  }
  return loadBundled();
}

/**
 * @param {string} file
 * @param {string} target
 */
function wrongLibrary(file, target) {
  const [own, other] = target.endsWith('-musl') ? ['musl', 'glibc'] : ['glibc', 'musl'];
  return new Error(`${file} is for ${other}, and this program runs on ${own}`);
}

/**
 * Loads the file of an addon as `require` does, and stores it in its cache, so that a process has only one.
 *
 * @param {string} file
 * @returns {Native}
 */
function loadFile(file) {
  const { cache } = require;
  const known = cache?.[file];
  if (known) {
    return known.exports;
  }
  const Module = /** @type {any} */ (module.constructor);
  const addon = new Module(file, module);
  // Modules of Bun have none.
  addon.exports ??= {};
  process.dlopen(addon, file);
  addon.filename = file;
  addon.loaded = true;
  if (cache) {
    cache[file] = addon;
  }
  return addon.exports;
}

/**
 * Refuses an addon of another version: its functions may be missing or different.
 *
 * @param {Native} addon
 * @param {string} target
 * @param {string} file
 */
function check({ BUILD }, target, file) {
  if (!BUILD?.includes(` ${PACKAGE_VERSION} `)) {
    const version = BUILD?.split(' ')[1] ?? 'unknown';
    throw new Error(`the package's JavaScript has version ${PACKAGE_VERSION}, but ${file} has version ${version}`);
  }
  if (target.endsWith('-musl') && BUILD.endsWith('-gnu;')) {
    throw wrongLibrary(file, target);
  }
}

export { loaderOf, loadNative };
