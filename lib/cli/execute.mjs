import { watchScopedVariables } from '../live/variables.mjs';
import { Child, requireCommand } from './child.mjs';
import { socketAccess } from './command.mjs';

/**
 * @typedef {import('./output.mjs').Output} Output
 */

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = { required: { type: 'string', multiple: true }, restart: { type: 'boolean' } };

/** How long a command that is told to end may take before it is killed, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Runs a command with the scoped variables in its environment. Its exit code is this program's.
 *
 * @param {{ command: string[], values: Record<string, any>, connection: Record<string, any> }} given
 * @param {Output} output
 * @param {(stop: () => Promise<unknown>, limitMs: number) => void} onInterrupt
 * @returns {Promise<number>} the exit code
 */
async function execute({ command, values, connection }, output, onInterrupt) {
  requireCommand(command, 'exec', 'node server.js');
  const access = socketAccess(connection, 'scoped variables are followed');
  const required = values.required?.flatMap((/** @type {string} */ names) => names.split(','));
  const stop = new AbortController();
  /** @type {Child | undefined} */
  let child;
  onInterrupt(async () => {
    stop.abort();
    await child?.end(PATIENCE);
  }, PATIENCE * 2);
  const variables = await watchScopedVariables({ ...access, required, signal: stop.signal });
  try {
    if (!values.restart) {
      child = new Child(command, environmentOf(variables));
      await variables.close();
      return await child.ended;
    }
    for (;;) {
      const change = new Promise((resolve) => {
        variables.once('changed', (name) => resolve(name));
      });
      child = new Child(command, environmentOf(variables));
      const name = await Promise.race([change, child.ended.then(() => undefined)]);
      if (name === undefined || stop.signal.aborted) {
        return await child.ended;
      }
      output.note(`${name} has changed: starting ${command[0]} again.`);
      await child.end(PATIENCE);
    }
  } finally {
    await variables.close();
  }
}

/** @param {{ names: Iterable<string>, get: (name: string) => string | undefined }} variables */
function environmentOf(variables) {
  const own = [...variables.names].map((name) => /** @type {[string, string]} */ ([name, variables.get(name) ?? '']));
  for (const [name, value] of own) {
    // Node's own error would show the value.
    if (name === '' || /[=\0]/.test(name) || value.includes('\0')) {
      throw new Error(`the scoped variable ${JSON.stringify(name)} cannot be in an environment`);
    }
  }
  return { ...process.env, ...Object.fromEntries(own) };
}

export { execute, options };
