import { loadLater } from '../load-later.mjs';

const NAME = '@cycleplatform/internal-api-client';
const CODE = 'ERR_CYCLE_NATIVE_MISSING';

/**
 * Makes the error for a missing addon, which says what is wrong and what to try.
 *
 * @param {unknown} cause
 * @param {string} target the system as in the names of the addons' packages, such as `linux-x64-gnu`
 * @param {string} file the addon's file name
 * @param {boolean} isSecond whether it is looked for beside the addon that `NAPI_RS_NATIVE_LIBRARY_PATH` names
 */
function explain(cause, target, file, isSecond) {
  const { bun, deno, node } = process.versions;
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  const fault = faultOf(cause);
  const reason = fault?.message ?? `the package ${NAME}-${target} or its file ${file} was not found`;
  const message = `${NAME}: the native part for ${target} (${runtime}) could not be loaded: ${reason}
What to try:
- ${advice(reason, target, file, isSecond).join('\n- ')}`;
  return Object.assign(new Error(message, fault && { cause: fault }), { code: CODE });
}

/**
 * What to try. It is loaded when it is needed, because reading it takes 2 % of the time to the first answer. Where that fails,
 * the addon is missing for the same reason.
 *
 * @type {typeof import('./addon-advice.mjs').adviseOn}
 */
function advice(...fault) {
  try {
    return loadLater().adviseOn(...fault);
  } catch {
    return ['Give the program permission to read the package, and free file descriptors: its files cannot be opened.'];
  }
}

/** @param {unknown} error */
function isMissing(error) {
  return /** @type {any} */ (error)?.code === CODE;
}

/**
 * The first error among the causes that is more than "Cannot find ...": a file that exists but cannot be loaded.
 *
 * @param {any} error
 * @returns {Error | undefined}
 */
function faultOf(error) {
  return error?.message?.startsWith('Cannot find ') ? faultOf(error.cause) : (error ?? undefined);
}

export { explain, isMissing, NAME };
