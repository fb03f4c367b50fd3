// `npm run package`: makes the tarballs of a release in `artifacts/`. See `--help`.

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAddons, pathsToHide } from './package/build.mjs';
import { bundledPackages, crates, licencesPage, npmPackages } from './package/licences.mjs';
import {
  addonFaults,
  addonFile,
  bindingFaults,
  mainManifest,
  missingFiles,
  platformManifest,
  platformPackage,
  toolsFile,
  versionFaults,
  versionFiles,
} from './package/manifests.mjs';
import { GLIBC, ownPlatform, platformOf, platforms } from './package/platforms.mjs';
import { outputOf } from './package/tools.mjs';
import { moveProgramHeaders } from './program-headers.mjs';
import { build, bundle, installDependencies, root, say } from './setup.mjs';

const HELP = `Usage: npm run package [-- options]

Makes the tarball of the package, and one with the addons for each platform, in artifacts/.

  --target NAME  a platform other than this one; may come again
                 ${platforms.map(({ name }) => name).join(', ')}
  --all          all of them
  --main         the package alone
  --built        the addons that "npm run build" made, for tests: they may need a newer system than published ones
`;

/** Where the content of the tarballs is collected, and where the tarballs are written. */
const staged = join(root, 'target', 'package', 'staged');
const artifacts = join(root, 'artifacts');

/** @param {string} name */
const read = (name) => readFileSync(join(root, name), 'utf8');

/** @param {string} name */
const isThere = (name) => existsSync(join(root, name));

const manifest = JSON.parse(read('package.json'));

/** @typedef {import('./package/platforms.mjs').Platform} Platform */

/** @returns {{ chosen: readonly Platform[], built: boolean }} the platforms, and whether their addons are to be built */
function readArguments() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      main: { type: 'boolean', default: false },
      built: { type: 'boolean', default: false },
      target: { type: 'string', multiple: true },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit();
  }
  const { all, built, main, target } = values;
  const names = target ?? [];
  if ([all, built, main, names.length > 0].filter(Boolean).length > 1) {
    throw new Error('--all, --built, --main and --target do not go together.');
  }
  const others = all ? platforms : names.map(platformOf);
  return { chosen: main || others.length > 0 ? others : [ownPlatform()], built };
}

function checkVersions() {
  const faults = versionFaults(versionFiles(read));
  if (faults.length > 0) {
    throw new Error(faults.join('\n'));
  }
}

/**
 * Lets everyone read what is packed, and no one but the owner write: the tarball is the same whatever the umask is.
 *
 * @param {string} folder
 */
function evenModes(folder) {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))) {
    const { mode } = statSync(path);
    chmodSync(path, mode & 0o100 ? 0o755 : 0o644);
  }
}

/**
 * Makes a folder with the files of a package, and packs it.
 *
 * @param {Record<string, any>} content its package.json
 * @param {string} licences
 * @param {(folder: string) => void} fill
 */
function pack(content, licences, fill) {
  const folder = join(staged, content.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  fill(folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, undefined, 2)}\n`);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENCES.txt'), licences);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  evenModes(folder);
  mkdirSync(artifacts, { recursive: true });
  const said = outputOf(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', artifacts, folder],
    'npm 8 or newer is needed.',
  );
  const packed = JSON.parse(said);
  const [{ filename, size, unpackedSize }] = Array.isArray(packed) ? packed : Object.values(packed);
  const kilobytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 1000)} kB`;
  console.log(`artifacts/${filename}  ${kilobytes(size)}, ${kilobytes(unpackedSize)} unpacked`);
}

function packMain() {
  say(`Packing ${manifest.name}`);
  const [{ files }] = Object.values(
    JSON.parse(outputOf('npm', ['pack', '--json', '--dry-run', '--ignore-scripts'], 'npm 8 or newer is needed.')),
  );
  const licences = licencesPage(
    npmPackages(root, [...Object.keys(manifest.dependencies), ...bundledPackages(join(root, 'dist'))]),
  );
  pack(mainManifest(manifest, platforms), licences, (folder) => {
    for (const { path } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(root, path), join(folder, path));
    }
  });
}

/**
 * @param {Platform} platform
 * @param {{ production: string, tools: string }} libraries its addons
 * @param {{ folders: string[], glibc?: string }} limits paths that they must not contain, and the newest C library that they may
 *   need
 */
function packAddons(platform, { production, tools }, limits) {
  const { version } = manifest;
  const expected = { version, target: platform.target, ...limits };
  /** @type {[string, string][]} */
  const files = [
    [production, addonFile(manifest, platform)],
    [tools, toolsFile(manifest, platform)],
  ];
  const addons = files.map(([library, file]) => {
    const bytes = readFileSync(library);
    const addon = platform.os === 'linux' ? moveProgramHeaders(bytes) : bytes;
    const faults = addonFaults(addon, expected);
    if (faults.length > 0) {
      throw new Error(`${file} cannot be published. ${faults.join(' ')}`);
    }
    console.log(`${file} has ${addon.length} bytes.`);
    return { file, addon };
  });
  const parameters = ['metadata', '--format-version', '1', '--locked', '--filter-platform', platform.target];
  const metadata = JSON.parse(outputOf('cargo', parameters, 'crates.io must be reachable.'));
  pack(platformManifest(manifest, platform), licencesPage(crates(metadata)), (folder) => {
    for (const { file, addon } of addons) {
      writeFileSync(join(folder, file), addon, { mode: 0o755 });
    }
    const about = `# ${platformPackage(manifest, platform)}\n\nThe native part of \`${manifest.name}\`, which installs it.\n`;
    writeFileSync(join(folder, 'README.md'), about);
  });
}

try {
  const { chosen, built } = readArguments();
  checkVersions();
  installDependencies();
  if (built) {
    build();
  } else if (missingFiles(isThere).length > 0 || bindingFaults(manifest, platforms, read).length > 0) {
    // Writes binding.js too, the table of addons.
    build('debug');
  }
  const faults = bindingFaults(manifest, platforms, read);
  if (faults.length > 0) {
    throw new Error(`The files that find the addons cannot be published. ${faults.join(' ')}`);
  }
  bundle();
  packMain();
  for (const platform of chosen) {
    if (built) {
      const [production, tools] = [addonFile, toolsFile].map((file) => join(root, file(manifest, platform)));
      packAddons(platform, { production, tools }, { folders: [] });
    } else {
      packAddons(platform, buildAddons(platform), { folders: [...pathsToHide().keys()], glibc: GLIBC });
    }
  }
} catch (error) {
  console.error(`\n${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
