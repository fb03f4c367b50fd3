import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { here, parentOf, root } from '../root.mjs';
import { explain, NAME } from './addon-missing.mjs';

/** @typedef {typeof import('../../binding.js')} Native */

/** The version of Node-API that has all functions of the addon. Of one that it lacks, the linker would only say the name. */
const NODE_API = 9;

/** As many bytes of a program as have the name of its dynamic linker. */
const HEAD = 1024;

/** In the head of a file of Linux: its first four bytes, and where it says what the table of sections takes. */
const ELF = { magic: 0x7f454c46, table: 40, entry: 58, entries: 60, size: 64 };

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
  const { arch, env, platform, versions } = process;
  // The system, as the packages of the addons name it. On Linux the C library belongs to it.
  const target = `${platform}-${arch}${platform === 'linux' ? (isMusl(arch) ? '-musl' : '-gnu') : ''}`;
  try {
    if (!(Number(versions.napi) >= NODE_API)) {
      throw new Error(`Node-API ${NODE_API} is needed, here it is ${versions.napi ?? 'missing'}`);
    }
    const told = env.NAPI_RS_NATIVE_LIBRARY_PATH;
    // By `dlopen`, since the `require` of a single executable knows only Node's own modules.
    const file = told ? require('node:path').resolve(told) : (findFile(target) ?? searchFile(target));
    const addon = file ? loadFile(file) : loadElsewhere(target);
    check(addon, target, file ?? 'the addon');
    native = addon;
    return addon;
  } catch (cause) {
    throw explain(cause, target);
  }
}

/**
 * Whether the program runs on musl: both addons may be installed, and that for glibc must not be opened there.
 *
 * @param {string} arch
 */
function isMusl(arch) {
  const { permission } = /** @type {any} */ (process);
  // Files that may not be looked at seem not to be there.
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
  // The program was started by its linker, or its file may not be read. It knows for which library it was compiled, but says so
  // only in a module that takes longer to load.
  const { Deno } = /** @type {any} */ (globalThis);
  return Deno ? Deno.build.target.endsWith('musl') : !('RTLD_DEEPBIND' in require('node:os').constants.dlopen);
}

/** @param {string} file */
function headOf(file) {
  try {
    const descriptor = openSync(file, 'r');
    try {
      // What spreads the bytes calls their iterator for each.
      return String.fromCharCode.apply(null, /** @type {any} */ (readBytes(descriptor, 0, HEAD)));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

/**
 * @param {number} descriptor
 * @param {number} position
 * @param {number} length
 * @returns {Uint8Array} fewer bytes where the file ends
 */
function readBytes(descriptor, position, length) {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
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
    here,
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
 * The addon where a bundler put it. Bundlers know it by the name of `binding.js`, and put something else in its place.
 *
 * @param {string} target
 * @returns {Native}
 */
function loadElsewhere(target) {
  const other = findFile(target.replace(/gnu$|musl$/, (library) => (library === 'gnu' ? 'musl' : 'gnu')));
  if (other) {
    throw wrongLibrary(other, target);
  }
  // A single executable has no packages, and for those in its archives Yarn has been asked.
  if (!require.resolve || root.includes('/.yarn/')) {
    throw new Error('Cannot find the addon');
  }
  return require('../../binding.js');
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
 * What `require` does with the file of an addon, kept where `require` keeps it: there is one of it in a process.
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
  // Bun's has none.
  addon.exports ??= {};
  checkEnd(file);
  process.dlopen(addon, file);
  addon.filename = file;
  addon.loaded = true;
  if (cache) {
    cache[file] = addon;
  }
  return addon.exports;
}

/**
 * A disk that was full leaves a file without its end. The dynamic linker of Linux does not see it: the signal SIGBUS would end
 * the program.
 *
 * @param {string} file
 */
function checkEnd(file) {
  const descriptor = openSync(file, 'r');
  try {
    const { buffer, length } = readBytes(descriptor, 0, ELF.size);
    const head = new DataView(buffer);
    if (length < ELF.size || head.getUint32(0) !== ELF.magic) {
      return;
    }
    // The table of sections is the last part.
    const end = head.getUint32(ELF.table, true) + head.getUint16(ELF.entry, true) * head.getUint16(ELF.entries, true);
    if (readBytes(descriptor, end - 1, 1).length === 0) {
      throw new Error(`${file} is damaged: it ends before its byte ${end}`);
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * An addon of another version may lack a function, or understand something else by it.
 *
 * @param {Native} addon
 * @param {string} target
 * @param {string} file
 */
function check({ BUILD }, target, file) {
  const [, version = 'unknown', builtFor = ''] = BUILD?.split(' ') ?? [];
  if (version !== PACKAGE_VERSION) {
    throw new Error(`the package's JavaScript has version ${PACKAGE_VERSION}, but ${file} has version ${version}`);
  }
  if (target.endsWith('-musl') && builtFor.endsWith('-gnu;')) {
    throw wrongLibrary(file, target);
  }
}

export { loadNative };
