import { existsSync } from 'node:fs';
import { parentOf, root } from '../root.mjs';
import { NAME } from './addon-missing.mjs';

/** What a runtime says that forbids addons or reading files, and the option that allows it. @type {[RegExp, string][]} */
const FORBIDDEN = [
  [/loading addons is disabled/, 'run Node with "--allow-addons", and without "--no-addons"'],
  [/API has been restricted/, 'run Node with "--allow-fs-read=" and the folder that has node_modules'],
  [/--allow-ffi/, 'run Deno with "--allow-ffi"'],
  [/--allow-read/, 'run Deno with "--allow-read=" and the folder that has node_modules'],
];

/**
 * What to try when an addon could not be loaded.
 *
 * @param {string} reason the loader's message
 * @param {string} target the system as in the names of the addons' packages, such as `linux-x64-gnu`
 * @param {string} file the addon's file name
 * @param {boolean} isSecond whether it is looked for beside the addon that `NAPI_RS_NATIVE_LIBRARY_PATH` names
 * @returns {string[]}
 */
export function adviseOn(reason, target, file, isSecond) {
  if (reason.startsWith('Node-API')) {
    return ['The runtime is too old: use Node 20.3 or newer, or another runtime with Node-API 9.'];
  }
  const allow = FORBIDDEN.find(([sign]) => sign.test(reason))?.[1];
  if (allow) {
    return [`The runtime forbids it: ${allow}.`];
  }
  const told = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
  if (told) {
    const beside = isSecond ? `, and put ${file} beside that` : '';
    return [
      `NAPI_RS_NATIVE_LIBRARY_PATH is set to ${told}: unset it, or set it to the path of the .node file for ${target}${beside}.`,
    ];
  }
  if (existsSync(`${root}/Cargo.toml`)) {
    return ['This is a checkout: build the addons with "npm run build".'];
  }
  const build =
    'build the addon with Rust ("npm run build" in a checkout) and set NAPI_RS_NATIVE_LIBRARY_PATH to its path.';
  if (!PUBLISHED_TARGETS.includes(target)) {
    return [`No addon is published for ${target}: ${build}`];
  }
  if (reason.includes('GLIBC')) {
    return ['The C library of this system is older than the addon: use a newer base image.', `Or ${build}`];
  }
  if (/permission denied/i.test(reason)) {
    return ['Give the user that runs the program permission to read the file and to enter the folders above it.'];
  }
  if (reason.includes('failed to map segment')) {
    return ['Put node_modules on a file system from which code may be run: this one is mounted with "noexec".'];
  }
  if (/too many open files/i.test(reason)) {
    return ['Close files and sockets that the program does not need, or raise its limit ("ulimit -n").'];
  }
  const place = [`${root}/node_modules/${NAME}-${target}`, `${root}-${target}`].find(existsSync);
  return [
    ...(place && reason.endsWith('not found') && !existsSync(`${place}/package.json`)
      ? [`Give the user that runs the program permission to enter ${place}, if there is ${file} in it.`]
      : []),
    `Install with optional dependencies, on the system that runs the program: "${installCommand()}".`,
    'If node_modules or the lock file is damaged, or was made on another system or by another version, delete both and install again.',
    `If the code is bundled, mark the package as external, or put ${file} beside the bundle or program.`,
  ];
}

/** The install command of the package manager that runs the program, or else of the one that installed this package. */
function installCommand() {
  const who = `${process.env.npm_config_user_agent} ${root}`;
  const modules = parentOf(parentOf(root));
  /** Command, what to look for in `who`, and files that only this package manager makes. @type {[string, RegExp, ...string[]][]} */
  const managers = [
    ['yarn install', /^yarn\/[2-9]|\/\.yarn\//, '/.yarn-state.yml'],
    ['pnpm install --force', /^pnpm\/|\/\.pnpm\//, '/.modules.yaml'],
    ['yarn install --force', /^yarn\//, '/.yarn-integrity', '/../yarn.lock'],
    ['bun install --force', /^bun\//, '/../bun.lock', '/../bun.lockb'],
  ];
  const found = managers.find(
    ([, sign, ...files]) => sign.test(who) || files.some((file) => existsSync(modules + file)),
  );
  return found?.[0] ?? 'npm install --include=optional';
}
