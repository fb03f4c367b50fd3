import { mirrorEnvironment } from '../live/mirror.mjs';
import { RESOURCES } from '../live/resources.mjs';
import { hideAnySecrets } from './call.mjs';
import { socketAccess } from './command.mjs';
import { UsageError } from './exit.mjs';
import { printableJson } from './text.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 * @typedef {import('./output.mjs').Output} Output
 */

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = {};

/** The resources as words of a command line, and their names in a mirror. @type {Map<string, string>} */
const NAMES = new Map(
  Object.keys(RESOURCES).map((name) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), name]),
);

/**
 * Shows a list of the environment and what changes in it, until interrupted: on a terminal a table that stays true, otherwise one
 * JSON document a line, first for each entry that is there.
 *
 * @param {Source} source
 * @param {{ words: string[], values: Record<string, any>, connection: Record<string, any> }} given
 * @param {Output} output
 * @param {(close: () => unknown) => void} onInterrupt
 */
async function watch(source, { words, values, connection }, output, onInterrupt) {
  const [word, ...more] = words;
  const resource = NAMES.get(word);
  if (resource === undefined || more.length > 0) {
    throw new UsageError(`watch takes one of ${[...NAMES.keys()].join(', ')}`);
  }
  const access = socketAccess(connection, 'changes are notified');
  const stop = new AbortController();
  onInterrupt(() => stop.abort());
  output.progress('Connecting');
  const mirror = await mirrorEnvironment({
    ...access,
    resources: [/** @type {any} */ (resource)],
    signal: stop.signal,
  });
  mirror.on('error', (error) => output.note(error.message));
  const shown = (/** @type {unknown} */ value) => (values.reveal ? value : hideAnySecrets(source, value, output.mask));
  const collection = /** @type {Map<string, unknown>} */ (/** @type {any} */ (mirror)[resource]);
  /** @param {string} event @param {unknown} entry */
  const line = (event, entry) => {
    output.line(printableJson(JSON.stringify({ event, resource: word, entry: shown(entry) })));
  };
  const table = () => output.screen(shown([...collection.values()]));
  if (output.isScreen) {
    table();
  } else {
    for (const entry of collection.values()) line('added', entry);
  }
  mirror.on('change', ({ added, changed, removed }) => {
    if (output.isScreen) {
      table();
      return;
    }
    for (const entry of added) line('added', entry);
    for (const { after } of changed) line('changed', after);
    for (const entry of removed) line('removed', entry);
  });
  await new Promise((_resolve, reject) => {
    mirror.ended.addEventListener('abort', () => reject(mirror.failure?.reason));
  });
}

export { options, watch };
