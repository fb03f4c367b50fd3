// `npm run test:consumers`: tries the tarballs of `artifacts/` with programs of all kinds, each in an empty folder. See
// `--help`.

import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases } from './consumers/cases.mjs';
import { addonFile, platformManifest, platformPackage, toolsFile } from './package/manifests.mjs';
import { ownPlatform, platforms } from './package/platforms.mjs';
import { root, say } from './setup.mjs';

const require = createRequire(import.meta.url);

const HELP = `Usage: npm run test:consumers [-- options] [words]

Runs the cases whose name contains one of the words, or all. Needs "npm run package" first, and access to a registry of npm.

  --quick  only those that need no other tools
  --list   says which there are
`;

const LIMIT_MS = 300_000;

/** Tools of the cases are installed here once and kept. */
const toolFolder = join(root, 'target', 'consumers');
const artifacts = join(root, 'artifacts');

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const NAME = manifest.name;
const own = ownPlatform();
const ADDON = `node_modules/${platformPackage(manifest, own)}/${addonFile(manifest, own)}`;

/**
 * @param {string[]} command
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function runStep([program, ...parameters], cwd, env) {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: null, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/**
 * Runs steps one after the other until one fails.
 *
 * @param {string[][]} steps
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 */
async function runSteps(steps, cwd, env) {
  let all = '';
  for (const step of steps) {
    const { code, output } = await runStep(step, cwd, env);
    all += output;
    if (code !== 0) {
      return { code, output: `${all}${step.join(' ')} failed` };
    }
  }
  return { code: 0, output: all };
}

/**
 * Gives a folder in which packages of the registry are installed. Installs those that the project does not have.
 *
 * @param {string[]} tools
 */
async function installTools(tools) {
  if (tools.every((tool) => tool.replace(/(?<=.)@.*/, '') in manifest.devDependencies)) {
    return join(root, 'node_modules');
  }
  const folder = join(toolFolder, tools.join('+').replaceAll('/', '-'));
  if (!existsSync(join(folder, 'node_modules', '.package-lock.json'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}');
    const install = ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', ...tools];
    const { code, output } = await runStep(install, folder, process.env);
    if (code !== 0) {
      throw new Error(`${tools.join(' ')} could not be installed. Is the registry of npm reachable?\n${output}`);
    }
  }
  return join(folder, 'node_modules');
}

const npm = ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', NAME];

/**
 * The steps by which a package manager installs the package.
 *
 * @param {string} manager
 * @param {string} folder
 * @param {string} url URL of the registry that has the package
 * @returns {Promise<string[][]>}
 */
async function installSteps(manager, folder, url) {
  writeFileSync(join(folder, '.npmrc'), `@cycleplatform:registry=${url}\n`);
  const bin = async (/** @type {string} */ tool, /** @type {string} */ file) => join(await installTools([tool]), file);
  switch (manager) {
    case 'npm':
      return [npm];
    case 'npm-omit':
      return [[...npm, '--omit=optional']];
    case 'npm-ignore-scripts':
      return [[...npm, '--ignore-scripts']];
    case 'npm-other-libc':
      return [[...npm, `--libc=${own.libc === 'musl' ? 'glibc' : 'musl'}`]];
    case 'npm-other-system':
      return [[...npm, `--os=${own.os === 'linux' ? 'darwin' : 'linux'}`]];
    case 'pnpm':
      return [[process.execPath, await bin('pnpm@10', 'pnpm/bin/pnpm.cjs'), 'add', NAME]];
    case 'yarn-1':
      return [[process.execPath, await bin('yarn@1', 'yarn/bin/yarn.js'), 'add', '--no-lockfile', NAME]];
    case 'yarn-4': {
      const registry = process.env.npm_config_registry ?? 'https://registry.npmjs.org/';
      const settings = [
        `npmRegistryServer: "${registry.replace(/\/$/, '')}"`,
        `npmScopes:\n  cycleplatform:\n    npmRegistryServer: "${url}"`,
        'unsafeHttpWhitelist:\n  - 127.0.0.1',
        'npmPreapprovedPackages:\n  - "@cycleplatform/*"',
        // Without caches: an earlier run may have fetched another build of the same version.
        'enableTelemetry: false\nenableGlobalCache: false\nenableMirror: false\nnpmMinimalAgeGate: 0',
        'globalFolder: ./.yarn/global',
        ...(process.env.NODE_EXTRA_CA_CERTS ? [`httpsCaFilePath: "${process.env.NODE_EXTRA_CA_CERTS}"`] : []),
      ];
      writeFileSync(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`);
      return [[await bin('@yarnpkg/cli-dist@4', '@yarnpkg/cli-dist/bin/yarn.js'), 'add', NAME]];
    }
    case 'bun':
      return [[await bin('bun', '.bin/bun'), 'add', NAME]];
    default:
      throw new Error(`there is no package manager ${manager}`);
  }
}

/**
 * @param {import('./consumers/cases.mjs').Case} one
 * @param {string} url
 * @param {NodeJS.ProcessEnv} simulated
 * @returns {Promise<string | undefined>} the failure, if there is one
 */
async function runCase(
  { files, steps, install = 'npm', tools = [], expect = /answered 200/, env: added = {} },
  url,
  simulated,
) {
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  // Some cases run as another user, who must be able to enter the folder.
  chmodSync(folder, 0o755);
  try {
    for (const [file, text] of Object.entries({ 'package.json': '{}', ...files })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const installed = tools.length > 0 ? await installTools(tools) : folder;
    const path = `${join(installed, '.bin')}${delimiter}${process.env.PATH}`;
    const { NODE_TEST_CONTEXT: _inherited, ...clean } = process.env;
    const env = {
      ...clean,
      ...simulated,
      ...added,
      PATH: path,
      TOOLS: installed,
      NO_COLOR: '1',
      YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
    };
    const setUp = await runSteps(await installSteps(install, folder, url), folder, env);
    if (setUp.code !== 0) {
      return setUp.output;
    }
    const main = readdirSync(artifacts).find((name) => /^cycleplatform-internal-api-client-\d/.test(name));
    const words = {
      $TOOLS: installed,
      $FOLDER: folder,
      $ADDON: ADDON,
      $TARBALL: join(artifacts, main ?? ''),
      $YARN4: join(toolFolder, '@yarnpkg-cli-dist@4', 'node_modules', '@yarnpkg/cli-dist/bin/yarn.js'),
    };
    const filled = steps.map((step) =>
      step.map((word) => Object.entries(words).reduce((text, [key, value]) => text.replace(key, value), word)),
    );
    const { code, output } = await runSteps(filled, folder, env);
    return code === 0 && expect.test(output) ? undefined : `exit code ${code}\n${output}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Makes a folder with all packages of a release: those of `artifacts/`, and for platforms that were not built, packages
 * with a fake addon. Package managers need the metadata of all, and some install those of other platforms too.
 */
function published() {
  const folder = mkdtempSync(join(tmpdir(), 'published-'));
  cpSync(artifacts, folder, { recursive: true });
  for (const platform of platforms) {
    const { name, version } = platformManifest(manifest, platform);
    const tarball = `${name.slice(1).replace('/', '-')}-${version}.tgz`;
    if (!existsSync(join(folder, tarball))) {
      const content = join(folder, platform.name, 'package');
      mkdirSync(content, { recursive: true });
      writeFileSync(join(content, 'package.json'), JSON.stringify(platformManifest(manifest, platform)));
      for (const file of [addonFile, toolsFile]) writeFileSync(join(content, file(manifest, platform)), 'not built');
      execFileSync('tar', ['-czf', join(folder, tarball), '-C', dirname(content), 'package']);
    }
  }
  return folder;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  });
  const chosen = cases.filter(
    ({ name, quick, os, privileged }) =>
      (quick || !values.quick) &&
      !(privileged && process.getuid?.() !== 0) &&
      (os ?? process.platform) === process.platform &&
      (positionals.length === 0 || positionals.some((word) => name.includes(word))),
  );
  if (values.help || values.list) {
    console.log(values.help ? HELP : chosen.map(({ name }) => name).join('\n'));
    return;
  }
  if (chosen.length === 0) {
    throw new Error(`No case has ${positionals.join(' or ')} in its name.`);
  }
  if (!existsSync(artifacts)) {
    throw new Error('There is no artifacts/: run "npm run package" first.');
  }
  const { startRegistry } = require('../__test__/peers/registry.js');
  const { startSimulator } = require('../testing.js');
  const folder = published();
  const registry = await startRegistry(folder);
  const simulator = await startSimulator();
  const socket = /** @type {string} */ (simulator.socketPath);
  // Another user must be able to connect.
  chmodSync(dirname(socket), 0o755);
  chmodSync(socket, 0o666);
  let failed = 0;
  try {
    for (const one of chosen) {
      const begun = performance.now();
      const fault = await runCase(one, registry.url, simulator.env);
      const took = `${((performance.now() - begun) / 1000).toFixed(1)} s`;
      console.log(`${fault === undefined ? 'ok    ' : 'FAILED'} ${one.name} (${took})`);
      if (fault !== undefined) {
        failed += 1;
        console.log(fault.trim().split('\n').slice(-30).join('\n').replace(/^/gm, '    '));
      }
    }
  } finally {
    registry.close();
    rmSync(folder, { recursive: true });
    await simulator.close();
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  say(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
