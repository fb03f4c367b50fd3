import { ProtocolCaller } from '../protocol/client.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 * @typedef {import('../protocol/definition.mjs').CommandDescription} Command
 * @typedef {import('./output.mjs').Output} Output
 */

/**
 * Calls an endpoint and shows its results.
 *
 * @param {Source} source
 * @param {Command} command
 * @param {{ params: Record<string, unknown>, timeoutMs: number | undefined, reveal: boolean }} call
 * @param {Output} output
 */
async function callCommand(source, command, { params, timeoutMs, reveal }, output) {
  const caller = new ProtocolCaller(source.definition, {});
  try {
    const onRequest = (/** @type {string} */ msg) => output.progress(msg);
    const { results, messages } = await caller.callForMessages(command, params, { timeoutMs, onRequest });
    const shown = reveal ? undefined : hideSecrets(source, command, results, output.mask);
    const [before, after] = messages;
    output.note(before);
    output.results(shown === undefined ? results : shown);
    output.note(after);
    if (shown !== undefined) {
      output.noteHidden();
    }
  } finally {
    await caller.close();
  }
}

/**
 * Hides the secrets in results.
 *
 * @param {Source} source
 * @param {Command} command
 * @param {unknown} results
 * @param {string | null} mask
 * @returns the results to show; undefined when they have no secrets
 */
function hideSecrets({ definition: { engine } }, { endpoint: [group, endpoint], hasSecrets }, results, mask) {
  if (!hasSecrets || results === undefined) {
    return undefined;
  }
  const shown = hiding(() => engine.hideSecrets(group, endpoint, JSON.stringify(results), JSON.stringify(mask)));
  return shown === null ? undefined : JSON.parse(shown);
}

/**
 * Runs a function that hides secrets, which fails for values that are nested more than a hundred levels deep.
 *
 * @template T
 * @param {() => T} hide
 * @returns {T}
 */
function hiding(hide) {
  try {
    return hide();
  } catch {
    const message = 'the answer is nested too deeply to hide the secrets in it';
    throw Object.assign(new Error(message), { hint: '--reveal --json shows it as it is.' });
  }
}

/**
 * Hides the parts of a value that are secret in any endpoint.
 *
 * @param {Source} source
 * @param {any} value
 * @param {string | null} mask
 */
function hideAnySecrets({ definition: { engine } }, value, mask) {
  const shown = hiding(() => engine.hideInAnswer('', JSON.stringify(value), JSON.stringify(mask)));
  return shown === null ? value : JSON.parse(shown);
}

export { callCommand, hideAnySecrets, hiding };
