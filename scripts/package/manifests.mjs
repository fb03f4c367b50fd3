// Makes the package.json of each tarball from that of the project.

import { endsWithProgramHeaders } from '../program-headers.mjs';
import { debugParts } from './debug-parts.mjs';

/** @typedef {import('./platforms.mjs').Platform} Platform */
/** @typedef {Record<string, any>} Manifest */

/** Fields that only a checkout needs. */
const OF_A_CHECKOUT = ['devDependencies', 'overrides', 'scripts', 'files', 'napi'];

/** Fields that platform packages share with the main one. */
const COMMON = ['version', 'license', 'engines', 'repository', 'homepage', 'bugs', 'publishConfig'];

/**
 * @param {Manifest} manifest the project's
 * @param {Platform} platform
 */
export const platformPackage = (manifest, platform) => `${manifest.name}-${platform.name}`;

/**
 * @param {Manifest} manifest the project's
 * @param {Platform} platform
 */
export const addonFile = (manifest, platform) => `${manifest.napi.binaryName}.${platform.name}.node`;

/**
 * Replaces the names of production's addon by those of the addon with the tools.
 *
 * @param {string} text the name of a file, or code that has such names
 */
export const withTools = (text) => text.replaceAll('cycle-internal-api.', 'cycle-internal-api-tools.');

/**
 * The addon with the protocol engine and the simulator, which is in the same package.
 *
 * @param {Manifest} manifest the project's
 * @param {Platform} platform
 */
export const toolsFile = (manifest, platform) => withTools(addonFile(manifest, platform));

/**
 * The main package. Its optional dependencies are the addons of all platforms, of which a package manager installs those
 * that fit.
 *
 * @param {Manifest} manifest the project's
 * @param {readonly Platform[]} platforms
 * @returns {Manifest}
 */
export function mainManifest(manifest, platforms) {
  const kept = Object.entries(manifest).filter(([key]) => !OF_A_CHECKOUT.includes(key));
  const addons = platforms.map((platform) => [platformPackage(manifest, platform), manifest.version]);
  return { ...Object.fromEntries(kept), optionalDependencies: Object.fromEntries(addons) };
}

/**
 * The package of the addons for one platform.
 *
 * @param {Manifest} manifest the project's
 * @param {Platform} platform
 * @returns {Manifest}
 */
export function platformManifest(manifest, platform) {
  const { os, cpu, libc } = platform;
  return {
    name: platformPackage(manifest, platform),
    description: `The native part of ${manifest.name} for ${[os, cpu, libc].filter(Boolean).join(' ')}.`,
    ...Object.fromEntries(COMMON.filter((key) => key in manifest).map((key) => [key, manifest[key]])),
    main: addonFile(manifest, platform),
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  };
}

/** Files that programs load and that the build makes. */
const BUILT = ['dist/import.js', 'dist/index.js', 'binding.js', 'binding-tools.js'];

/**
 * The built files that are missing.
 *
 * @param {(name: string) => boolean} isThere
 */
export const missingFiles = (isThere) => BUILT.filter((name) => !isThere(name));

/**
 * Finds out whether a file that finds an addon was made by another build, with another version or other platforms.
 *
 * @param {Manifest} manifest the project's
 * @param {readonly Platform[]} platforms
 * @param {(name: string) => string} read
 * @returns {string[]} one sentence for each fault
 */
export function bindingFaults(manifest, platforms, read) {
  /** @type {[string, (manifest: Manifest, platform: Platform) => string][]} */
  const bindings = [
    ['binding.js', addonFile],
    ['binding-tools.js', toolsFile],
  ];
  return bindings.flatMap(([name, fileOf]) => {
    const text = read(name);
    const versions = [...text.matchAll(/\bexpected (\S+) but got /g)].map(([, version]) => version);
    const other = versions.find((version) => version !== manifest.version);
    const files = new Set([...text.matchAll(/'\.\/([^']+\.node)'/g)].map(([, file]) => file));
    const missing = platforms.map((platform) => fileOf(manifest, platform)).filter((file) => !files.has(file));
    return [
      ...(other ? [`${name} is of version ${other}, not ${manifest.version}.`] : []),
      ...(missing.length > 0 ? [`${name} does not look for ${missing.join(', ')}.`] : []),
    ];
  });
}

/**
 * Reads the files that contain the project's version.
 *
 * @param {(name: string) => string} read
 */
export const versionFiles = (read) => ({
  manifest: JSON.parse(read('package.json')),
  lock: JSON.parse(read('package-lock.json')),
  cargoToml: read('Cargo.toml'),
  cargoLock: read('Cargo.lock'),
  changelog: read('CHANGELOG.md'),
});

/**
 * Finds versions that differ from that of package.json.
 *
 * @param {ReturnType<typeof versionFiles>} files
 * @returns {string[]} one sentence for each
 */
export function versionFaults({ manifest, lock, cargoToml, cargoLock, changelog }) {
  const { version } = manifest;
  const crate = /^name = "(.*)"$/m.exec(cargoToml)?.[1];
  const locked = new RegExp(`^name = "${crate}"\\nversion = "(.*)"$`, 'm').exec(cargoLock)?.[1];
  const versions = {
    'package-lock.json': lock.version,
    'the first package of package-lock.json': lock.packages?.['']?.version,
    'Cargo.toml': /^version = "(.*)"$/m.exec(cargoToml)?.[1],
    'Cargo.lock': locked,
  };
  const faults = Object.entries(versions)
    .filter(([, found]) => found !== version)
    .map(([file, found]) => `package.json has version ${version}, ${file} has ${found ?? 'none'}.`);
  const heading = /^## (?:\[?v?)([^\s\]]+)/m.exec(changelog)?.[1];
  if (heading !== version && heading !== 'Unreleased') {
    faults.push(`package.json has version ${version}, the newest of CHANGELOG.md is ${heading ?? 'missing'}.`);
  }
  return faults;
}

/** The text that each addon contains: `BUILD` of `src/bridge/build_info.rs`. */
const BUILD = /cycle-internal-api-client ([\w.+-]+) ([\w-]+);/;

/** @param {string} version of glibc, such as `2.17` */
const minor = (version) => Number(version.split('.')[1]);

/**
 * Finds out what is wrong with a built addon.
 *
 * @param {Buffer} bytes
 * @param {object} expected
 * @param {string} expected.version
 * @param {string} expected.target
 * @param {string[]} expected.folders the builder's folders, which it must not contain
 * @param {string} [expected.glibc] the newest version that it may need
 * @returns {string[]}
 */
export function addonFaults(bytes, { version, target, folders, glibc }) {
  const text = bytes.toString('latin1');
  const [, itsVersion = 'none', itsTarget = 'none'] = BUILD.exec(text) ?? [];
  const faults = [];
  if (itsVersion !== version) {
    faults.push(`It says that its version is ${itsVersion}, not ${version}.`);
  }
  if (itsTarget !== target) {
    faults.push(`It says that it was built for ${itsTarget}, not ${target}.`);
  }
  for (const folder of folders.filter((name) => name.length > 1 && text.includes(name))) {
    faults.push(`The path ${folder} is in it.`);
  }
  if (target.includes('-linux-') && !endsWithProgramHeaders(bytes)) {
    faults.push('Its program headers are not its end: a file that was cut off would end the program.');
  }
  const forDebuggers = debugParts(bytes);
  if (forDebuggers.length > 0) {
    faults.push(`It is not stripped: it has ${forDebuggers.join(', ')}.`);
  }
  const asked = [...text.matchAll(/GLIBC_(2\.\d+)/g)].map(([, one]) => one).sort((a, b) => minor(b) - minor(a))[0];
  if (asked && glibc && minor(asked) > minor(glibc)) {
    faults.push(`It asks for glibc ${asked}, and may for ${glibc}.`);
  }
  return faults;
}
