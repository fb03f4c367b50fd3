import { existsSync } from 'node:fs';
import { parentOf, root } from '../root.mjs';

const NAME = '@cycleplatform/internal-api-client';
const CODE = 'ERR_CYCLE_NATIVE_MISSING';

/**
 * The error for a program that has no addon: what is wrong, and what to try. It needs no file of ours that is not loaded.
 *
 * @param {unknown} cause
 * @param {string} target the system, as the packages of the addons name it
 */
function explain(cause, target) {
  const reason = reasonOf(cause, target);
  const lines = [
    `${NAME}: the native part for ${target} (${runtime()}) could not be loaded: ${reason}`,
    'What to try:',
    ...advice(reason, target).map((line) => `- ${line}`),
  ];
  return Object.assign(new Error(lines.join('\n'), { cause }), { code: CODE });
}

/** @param {unknown} error */
function isMissing(error) {
  return /** @type {any} */ (error)?.code === CODE;
}

function runtime() {
  const { bun, deno, node } = process.versions;
  return bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
}

/**
 * What the loader said, and not that some other place had nothing either.
 *
 * @param {unknown} cause
 * @param {string} target
 */
function reasonOf(cause, target) {
  for (let error = /** @type {any} */ (cause); error; error = error.cause) {
    const { message } = error;
    if (typeof message === 'string' && !message.startsWith('Cannot find ')) {
      return message;
    }
  }
  return `neither the package ${NAME}-${target} nor its .node file was found`;
}

/**
 * @param {string} reason
 * @param {string} target
 */
function advice(reason, target) {
  if (reason.startsWith('Node-API')) {
    return ['The runtime is old: Node from 20.3 on will do, and whatever else has Node-API 9.'];
  }
  const told = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
  if (told) {
    return [`NAPI_RS_NATIVE_LIBRARY_PATH is set to ${told}: unset it, or let it name the .node file for ${target}.`];
  }
  if (existsSync(`${root}/Cargo.toml`)) {
    return ['This is a checkout: build the addon with "npm run build".'];
  }
  const build =
    'build the addon with Rust ("npm run build" in a checkout) and let NAPI_RS_NATIVE_LIBRARY_PATH name it.';
  if (!PUBLISHED_TARGETS.includes(target)) {
    return [`No addon is published for ${target}: ${build}`];
  }
  if (reason.includes('GLIBC')) {
    return ['The C library of this system is older than the addon: use a newer base image.', `Or ${build}`];
  }
  if (reason.toLowerCase().includes('permission denied')) {
    return ['Let the user that the program runs as read the file, and enter the folders that it is in.'];
  }
  return [
    `Install with optional dependencies, on the system that runs the program: "${installCommand()}".`,
    'If node_modules or the lock file was made on another system or by another version, delete both and install again.',
    'If a bundler moved the code away from its addon, mark the package as external.',
  ];
}

/** That of the package manager that runs the program, or else of the one that installed this package. */
function installCommand() {
  const commands = {
    npm: 'npm install --include=optional',
    pnpm: 'pnpm install --force',
    yarn: 'yarn install --force',
    berry: 'yarn install',
    bun: 'bun install --force',
  };
  const agent = process.env.npm_config_user_agent ?? '';
  const modules = parentOf(parentOf(root));
  const project = parentOf(modules);
  const has = (/** @type {string[]} */ ...files) => files.some((file) => existsSync(file));
  if (process.versions.pnp || root.includes('/.yarn/') || has(`${modules}/.yarn-state.yml`)) {
    return commands.berry;
  }
  if (root.includes('/.pnpm/') || agent.startsWith('pnpm/') || has(`${modules}/.modules.yaml`)) {
    return commands.pnpm;
  }
  if (agent.startsWith('yarn/')) {
    return agent.startsWith('yarn/1.') ? commands.yarn : commands.berry;
  }
  if (has(`${modules}/.yarn-integrity`, `${project}/yarn.lock`)) {
    return commands.yarn;
  }
  return agent.startsWith('bun/') || has(`${project}/bun.lock`, `${project}/bun.lockb`) ? commands.bun : commands.npm;
}

export { explain, isMissing, NAME };
