'use strict';

const { ProtocolCaller } = require('../protocol-client');

/**
 * @typedef {import('./protocol-source').Source} Source
 * @typedef {import('../protocol').CommandDescription} Command
 * @typedef {import('./output').Output} Output
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
  const caller = new ProtocolCaller(source, {});
  try {
    const onRequest = (/** @type {string} */ msg) => output.progress(msg);
    const { results, messages } = await caller.callForMessages(command, params, { timeoutMs, onRequest });
    const shown = reveal ? { results, hidden: false } : hideSecrets(source, command, results);
    const [before, after] = messages();
    output.note(before);
    output.results(shown.results);
    output.note(after);
    if (shown.hidden) {
      output.note('Secrets are hidden; --reveal shows them.');
    }
  } finally {
    await caller.close();
  }
}

/**
 * @param {Source} source
 * @param {Command} command
 * @param {unknown} results
 */
function hideSecrets({ engine }, { endpoint: [group, endpoint], hasSecrets }, results) {
  if (!hasSecrets || results === undefined) {
    return { results, hidden: false };
  }
  const json = JSON.stringify(results);
  const shown = engine.hideSecrets(group, endpoint, json);
  return { results: JSON.parse(shown), hidden: shown !== json };
}

module.exports = { callCommand, hideSecrets };
