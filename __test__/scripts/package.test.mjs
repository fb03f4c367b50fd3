import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compilerFlags, linkerFlags, zigTarget } from '../../scripts/package/build.mjs';
import { debugParts } from '../../scripts/package/debug-parts.mjs';
import { bundledPackages, crates, licencesPage, npmPackages } from '../../scripts/package/licences.mjs';
import {
  addonFaults,
  addonFile,
  bindingFaults,
  mainManifest,
  missingFiles,
  platformManifest,
  toolsFile,
  versionFaults,
  versionFiles,
} from '../../scripts/package/manifests.mjs';
import { ownPlatform, platformOf, platforms } from '../../scripts/package/platforms.mjs';
import { moveProgramHeaders } from '../../scripts/program-headers.mjs';

const { temporaryFolder } = createRequire(import.meta.url)('../peers/temporary-folder.js');

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('there is a platform for each target that package.json names, and no other', () => {
  assert.deepEqual(platforms.map(({ target }) => target).sort(), [...manifest.napi.targets].sort());
});

test('a platform is found by either of its names, and an unknown one is told which there are', () => {
  assert.equal(platformOf('aarch64-unknown-linux-musl'), platformOf('linux-arm64-musl'));
  assert.throws(() => platformOf('win32-x64'), /no target win32-x64\. Known are: linux-x64-gnu, .*darwin-arm64/);
  assert.equal(ownPlatform().os, process.platform);
});

test('the packed package depends on every addon at its own version, and on nothing of a checkout', () => {
  const packed = mainManifest(manifest, platforms);
  assert.deepEqual(
    Object.values(packed.optionalDependencies),
    platforms.map(() => manifest.version),
  );
  assert.ok('@cycleplatform/internal-api-client-linux-x64-musl' in packed.optionalDependencies);
  for (const key of ['devDependencies', 'scripts', 'overrides', 'files', 'napi']) {
    assert.ok(!(key in packed), key);
  }
  assert.deepEqual(packed.exports, manifest.exports);
  assert.deepEqual(packed.dependencies, manifest.dependencies);
});

test('a platform package says where it can be installed, and has the addon as its entry', () => {
  const musl = platformManifest(manifest, platformOf('linux-arm64-musl'));
  assert.deepEqual([musl.os, musl.cpu, musl.libc], [['linux'], ['arm64'], ['musl']]);
  assert.equal(musl.main, 'cycle-internal-api.linux-arm64-musl.node');
  assert.equal(musl.version, manifest.version);
  assert.deepEqual(musl.publishConfig, manifest.publishConfig);
  assert.ok(!('libc' in platformManifest(manifest, platformOf('darwin-x64'))));
  assert.equal(addonFile(manifest, platformOf('darwin-x64')), 'cycle-internal-api.darwin-x64.node');
  assert.equal(toolsFile(manifest, platformOf('darwin-x64')), 'cycle-internal-api-tools.darwin-x64.node');
});

/** @param {Partial<Parameters<typeof versionFaults>[0]>} other */
const files = (other = {}) => ({
  manifest: { version: '1.2.3' },
  lock: { version: '1.2.3', packages: { '': { version: '1.2.3' } } },
  cargoToml: '[package]\nname = "crate"\nversion = "1.2.3"\n',
  cargoLock: '[[package]]\nname = "other"\nversion = "9.0.0"\n\n[[package]]\nname = "crate"\nversion = "1.2.3"\n',
  changelog: '# Changelog\n\n## 1.2.3\n\n## 1.2.2\n',
  ...other,
});

test('versions that agree are no fault, and each that differs is one sentence', () => {
  assert.deepEqual(versionFaults(files()), []);
  assert.deepEqual(versionFaults(files({ changelog: '# Changelog\n\n## Unreleased\n' })), []);
  assert.deepEqual(versionFaults(files({ cargoToml: '[package]\nname = "crate"\nversion = "1.2.4"\n' })), [
    'package.json has version 1.2.3, Cargo.toml has 1.2.4.',
  ]);
  assert.deepEqual(versionFaults(files({ lock: {}, changelog: '## 1.2.2' })), [
    'package.json has version 1.2.3, package-lock.json has none.',
    'package.json has version 1.2.3, the first package of package-lock.json has none.',
    'package.json has version 1.2.3, the newest of CHANGELOG.md is 1.2.2.',
  ]);
});

test('the versions of the project agree', () => {
  const read = (/** @type {string} */ name) => readFileSync(join(root, name), 'utf8');
  const faults = versionFaults(versionFiles(read));
  assert.deepEqual(faults, []);
});

test('an addon of another version or target, or with a path of the builder, is not packed', () => {
  const addon = Buffer.from('cycle-internal-api-client 1.2.3 x86_64-apple-darwin;/home/me/src');
  const expected = { version: '1.2.3', target: 'x86_64-apple-darwin', folders: ['/'] };
  assert.deepEqual(addonFaults(addon, expected), []);
  assert.deepEqual(addonFaults(addon, { version: '1.3.0', target: 'aarch64-apple-darwin', folders: ['/home/me'] }), [
    'It says that its version is 1.2.3, not 1.3.0.',
    'It says that it was built for x86_64-apple-darwin, not aarch64-apple-darwin.',
    'The path /home/me is in it.',
  ]);
  assert.equal(addonFaults(Buffer.from('something else'), expected).length, 2);
});

/**
 * The least of a file of Linux that has sections of these names, and one program header, of a part that is mapped.
 *
 * @param {string[]} names
 */
function elf(names) {
  const [headSize, size, programSize] = [64, 64, 56];
  const text = Buffer.from(`\0${names.join('\0')}\0`);
  const program = Buffer.alloc(programSize);
  program.writeUInt32LE(1, 0);
  program.writeBigUInt64LE(4096n, 48);
  const bytes = Buffer.concat([Buffer.alloc(headSize + size * (names.length + 1)), program, text]);
  bytes.write('\u007fELF\u0002\u0001', 'latin1');
  bytes.writeBigUInt64LE(BigInt(bytes.length - text.length - programSize), 32);
  bytes.writeBigUInt64LE(BigInt(headSize), 40);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt16LE(size, 58);
  bytes.writeUInt16LE(names.length + 1, 60);
  bytes.writeBigUInt64LE(BigInt(bytes.length - text.length), headSize + 24);
  for (const [index, name] of names.entries()) {
    bytes.writeUInt32LE(text.indexOf(`\0${name}\0`) + 1, headSize + size * (index + 1));
  }
  return bytes;
}

/**
 * The least of a file of macOS that has a table of symbols of these kinds, after a part of the memory of this name.
 *
 * @param {string} segment
 * @param {number[]} kinds
 */
function macho(segment, kinds) {
  const [headSize, segmentSize, tableSize] = [32, 72, 24];
  const symbols = headSize + segmentSize + tableSize;
  const bytes = Buffer.alloc(symbols + kinds.length * 16);
  bytes.writeUInt32LE(0xfeedfacf, 0);
  bytes.writeUInt32LE(2, 16);
  bytes.writeUInt32LE(0x19, headSize);
  bytes.writeUInt32LE(segmentSize, headSize + 4);
  bytes.write(segment, headSize + 8);
  [2, tableSize, symbols, kinds.length].forEach((value, index) => {
    bytes.writeUInt32LE(value, headSize + segmentSize + index * 4);
  });
  kinds.forEach((kind, index) => {
    bytes[symbols + index * 16 + 4] = kind;
  });
  return bytes;
}

test('what is for debuggers is found by the tables of a library, not by its text', () => {
  assert.deepEqual(debugParts(elf(['.text', '.debug_info', '.symtab', '.shstrtab'])), ['.debug_info', '.symtab']);
  assert.deepEqual(debugParts(Buffer.concat([elf(['.text']), Buffer.from('.debug_info\0.symtab\0')])), []);
  // Of an exported function; then the name of an object file.
  assert.deepEqual(debugParts(macho('__TEXT', [0x0f])), []);
  assert.deepEqual(debugParts(macho('__TEXT', [0x0f, 0x66])), ['symbols for debuggers']);
  assert.deepEqual(debugParts(macho('__DWARF', [])), ['__DWARF']);
  assert.deepEqual(debugParts(Buffer.from('.symtab')), []);
});

test('an addon that is not stripped, asks for a newer glibc than it may, or may be cut off, is not packed', () => {
  const expected = { version: '1.2.3', target: 'x86_64-unknown-linux-gnu', folders: [], glibc: '2.17' };
  const addon = (/** @type {string} */ more, /** @type {string[]} */ sections = []) =>
    moveProgramHeaders(
      Buffer.concat([elf(sections), Buffer.from(`cycle-internal-api-client 1.2.3 x86_64-unknown-linux-gnu;${more}`)]),
    );
  assert.deepEqual(addonFaults(addon('GLIBC_2.2.5\0GLIBC_2.17\0', ['.text']), expected), []);
  assert.deepEqual(addonFaults(addon('GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.17\0', ['.text', '.symtab']), expected), [
    'It is not stripped: it has .symtab.',
    'It asks for glibc 2.34, and may for 2.17.',
  ]);
  const { glibc: _any, ...built } = expected;
  assert.deepEqual(addonFaults(addon('GLIBC_2.34\0'), built), []);
  assert.deepEqual(addonFaults(Buffer.concat([addon(''), Buffer.from('more')]), expected), [
    'Its program headers are not its end: a file that was cut off would end the program.',
  ]);
});

test('the addons of this checkout can be asked for their version and target', () => {
  const { target } = ownPlatform();
  for (const binding of ['../../binding.js', '../../binding-tools.js']) {
    const { BUILD } = createRequire(import.meta.url)(binding);
    assert.equal(BUILD, `cycle-internal-api-client ${manifest.version} ${target};`);
    const faults = addonFaults(Buffer.from(BUILD), { version: manifest.version, target, folders: [] });
    assert.ok(!faults.some((fault) => fault.startsWith('It says')), faults.join());
  }
});

test('flags hide the folders of the builder, a musl addon is a shared object, and each of macOS has a name of its own', () => {
  const paths = new Map([['/home/me', '/home']]);
  const hidden = '--remap-path-prefix=/home/me=/home';
  assert.deepEqual(compilerFlags(platformOf('linux-x64-gnu'), paths), [hidden]);
  assert.deepEqual(compilerFlags(platformOf('linux-x64-musl'), paths), [hidden, '-Ctarget-feature=-crt-static']);
  assert.deepEqual(compilerFlags(platformOf('darwin-arm64'), paths), [hidden]);
  for (const library of ['cycle_internal_api', 'cycle_internal_api_production']) {
    const named = `-Clink-arg=-Wl,-install_name,@rpath/lib${library}.dylib`;
    assert.deepEqual(linkerFlags(platformOf('darwin-arm64'), library), [named]);
    assert.deepEqual(linkerFlags(platformOf('linux-x64-gnu'), library), []);
  }
  assert.equal(zigTarget(platformOf('linux-x64-gnu')), 'x86_64-unknown-linux-gnu.2.17');
  assert.equal(zigTarget(platformOf('linux-x64-musl')), 'x86_64-unknown-linux-musl');
});

test('of the crates only those that are linked are listed', () => {
  const crate = (/** @type {string} */ name) => ({
    id: name,
    name,
    version: '1.0.0',
    license: 'MIT',
    manifest_path: `/x/${name}/Cargo.toml`,
  });
  const needs = (/** @type {string} */ pkg, /** @type {string | null} */ kind) => ({ pkg, dep_kinds: [{ kind }] });
  const metadata = {
    packages: ['own', 'linked', 'below', 'of-tests', 'of-builds', 'of-another-system'].map(crate),
    resolve: {
      root: 'own',
      nodes: [
        { id: 'own', deps: [needs('linked', null), needs('of-tests', 'dev'), needs('of-builds', 'build')] },
        { id: 'linked', deps: [needs('below', null)] },
        { id: 'below', deps: [] },
      ],
    },
  };
  assert.deepEqual(crates(metadata), [
    { name: 'linked', version: '1.0.0', licence: 'MIT', folder: '/x/linked' },
    { name: 'below', version: '1.0.0', licence: 'MIT', folder: '/x/below' },
  ]);
});

test('the page of licences has every part, and a text once for all that have it', (t) => {
  const folder = temporaryFolder(t);
  const part = (/** @type {string} */ name, /** @type {Record<string, string>} */ texts) => {
    mkdirSync(join(folder, name));
    for (const [file, text] of Object.entries(texts)) {
      writeFileSync(join(folder, name, file), text);
    }
    return { name, version: '1.0.0', licence: 'MIT', folder: join(folder, name) };
  };
  const page = licencesPage([
    part('b', { 'LICENSE-MIT': 'be kind\r\n', 'lib.rs': 'code' }),
    part('a', { LICENSE: 'be kind', NOTICE: 'by a' }),
  ]);
  assert.match(page, /- a 1\.0\.0: MIT\n- b 1\.0\.0: MIT\n/);
  assert.match(page, /a 1\.0\.0, b 1\.0\.0\n\nbe kind\n/);
  assert.match(page, /a 1\.0\.0\n\nby a\n/);
  assert.equal(page.split('be kind').length, 2);
  assert.doesNotMatch(page, /code/);
});

test('the packages of npm are listed with what they need', () => {
  const names = npmPackages(root, Object.keys(manifest.dependencies)).map(({ name }) => name);
  assert.ok(names.includes('openapi-fetch') && names.includes('openapi-typescript-helpers'), String(names));
});

test('the packages of npm that are joined into dist/ are listed', () => {
  const names = bundledPackages(join(root, 'dist'));
  assert.ok(names.includes('string-width') && names.includes('get-east-asian-width'), String(names));
  assert.deepEqual(
    names.filter((name) => name in manifest.dependencies),
    [],
  );
});

test('a tarball without what programs load, or with what finds addons of another version, is not made', (t) => {
  assert.deepEqual(
    missingFiles(() => false),
    ['dist/import.js', 'dist/index.js', 'binding.js', 'binding-tools.js'],
  );
  const folder = temporaryFolder(t);
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  const pack = () => spawnSync(process.execPath, ['scripts/prepack.mjs'], { cwd: folder, encoding: 'utf8' });
  const refused = pack();
  assert.equal(refused.status, 1);
  assert.match(
    refused.stderr,
    /dist\/import\.js.* dist\/index\.js.* binding\.js.* binding-tools\.js would be missing[\s\S]*npm run package/,
  );
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/import.js'), '');
  writeFileSync(join(folder, 'dist/index.js'), '');
  for (const name of ['package.json', 'binding.js', 'binding-tools.js']) {
    cpSync(join(root, name), join(folder, name));
  }
  assert.equal(pack().status, 0);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: '9.9.9' }));
  const stale = pack();
  assert.equal(stale.status, 1);
  assert.match(stale.stderr, /binding\.js is of version .*, not 9\.9\.9\. .*[\s\S]*npm run build/);
});

test("what finds the addon with the tools has its file for each system, beside production's", () => {
  const [binding, ofTools] = ['binding.js', 'binding-tools.js'].map((name) => readFileSync(join(root, name), 'utf8'));
  for (const platform of platforms) {
    const [production, tools] = [addonFile(manifest, platform), toolsFile(manifest, platform)];
    assert.ok(binding.includes(`require('./${production}')`), production);
    assert.ok(ofTools.includes(`require('./${tools}')`), tools);
    assert.ok(ofTools.includes(`require('${manifest.name}-${platform.name}/${tools}')`), tools);
    assert.ok(!ofTools.includes(production));
  }
});

test('what finds the addons is of this version and knows every platform', () => {
  const read = (/** @type {string} */ name) => readFileSync(join(root, name), 'utf8');
  assert.deepEqual(bindingFaults(manifest, platforms, read), []);
  assert.deepEqual(bindingFaults({ ...manifest, version: '9.9.9' }, platforms, read), [
    `binding.js is of version ${manifest.version}, not 9.9.9.`,
    `binding-tools.js is of version ${manifest.version}, not 9.9.9.`,
  ]);
  const newPlatform = { name: 'sun-sparc', target: 'sparc-sun-solaris', os: 'sun', cpu: 'sparc' };
  assert.deepEqual(bindingFaults(manifest, [...platforms, newPlatform], read), [
    'binding.js does not look for cycle-internal-api.sun-sparc.node.',
    'binding-tools.js does not look for cycle-internal-api-tools.sun-sparc.node.',
  ]);
});

test('the checkout itself is not published', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/prepublish.mjs')], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /npm run package -- --all/);
});

test('a target that is not known, and an option that is not, end before anything is built', () => {
  const run = (/** @type {string[]} */ ...args) =>
    spawnSync(process.execPath, [join(root, 'scripts/package.mjs'), ...args], { encoding: 'utf8' });
  assert.match(run('--target', 'sun-sparc').stderr, /no target sun-sparc/);
  assert.equal(run('--target', 'sun-sparc').status, 1);
  assert.match(run('--all-of-them').stderr, /Unknown option/);
  assert.match(run('--all', '--main').stderr, /do not go together/);
  assert.match(run('--help').stdout, /--all /);
});
