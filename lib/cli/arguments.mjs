import { parseArgs } from 'node:util';
import { closest } from '../closest.mjs';
import { UsageError } from './exit.mjs';

/**
 * @typedef {{ type: 'string' | 'boolean', short?: string, multiple?: boolean }} OptionConfig
 * @typedef {Record<string, OptionConfig>} OptionConfigs
 */

/** Options of every command. @type {OptionConfigs} */
const OWN_OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  json: { type: 'boolean' },
  reveal: { type: 'boolean' },
  color: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  protocol: { type: 'string' },
  timeout: { type: 'string' },
  host: { type: 'string', short: 'H' },
  port: { type: 'string', short: 'p' },
  'socket-path': { type: 'string', short: 's' },
  'api-key': { type: 'string', short: 'a' },
  token: { type: 'string' },
};

/** Put before a negative number, so that `parseArgs` does not take it for an option. */
const MARK = '\0';

/**
 * Parses the words that select a command, and the options that all commands have. Options of single commands are not
 * known yet and are ignored.
 *
 * @param {string[]} argv
 */
function firstLook(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    options: OWN_OPTIONS,
    strict: false,
    allowPositionals: true,
  });
  return { values, words: positionals };
}

/**
 * Parses the options and words of a command.
 *
 * @param {string[]} argv
 * @param {OptionConfigs} options of the command, without those of every command
 * @returns {{ values: Record<string, any>, words: string[] }}
 * @throws {UsageError}
 */
function parse(argv, options) {
  const all = { ...OWN_OPTIONS, ...options };
  for (const [name, { type }] of Object.entries(options)) {
    if (type === 'boolean' && !name.startsWith('no-')) {
      all[`no-${name}`] = { type };
    }
  }
  let parsed;
  try {
    parsed = parseArgs({ args: argv.map(mark(all)), options: all, strict: true, allowPositionals: true });
  } catch (error) {
    throw usageError(/** @type {Error & { code?: string }} */ (error), Object.keys(all));
  }
  /** @type {Record<string, any>} */
  const values = {};
  for (const [name, value] of Object.entries(parsed.values)) {
    const negated = name.startsWith('no-') && Object.hasOwn(all, name.slice(3)) ? name.slice(3) : undefined;
    values[negated ?? name] = negated === undefined ? unmark(value) : false;
  }
  return { values, words: parsed.positionals.map((word) => /** @type {string} */ (unmark(word))) };
}

/**
 * Rewrites what `parseArgs` does not support: negative numbers, and `--flag=false`.
 *
 * @param {OptionConfigs} options
 * @returns {(word: string) => string}
 */
function mark(options) {
  return (word) => {
    if (/^-\.?\d/.test(word)) {
      return MARK + word;
    }
    const [, name, value] = /^--([^=]+)=(true|false)$/.exec(word) ?? [];
    if (name !== undefined && options[name]?.type === 'boolean') {
      return value === 'true' ? `--${name}` : `--no-${name}`;
    }
    return word;
  };
}

/**
 * @param {unknown} value
 * @returns {unknown}
 */
function unmark(value) {
  if (Array.isArray(value)) {
    return value.map(unmark);
  }
  return typeof value === 'string' && value.startsWith(MARK) ? value.slice(1) : value;
}

/**
 * @param {Error & { code?: string }} error
 * @param {string[]} names
 */
function usageError(error, names) {
  const unknown = /Unknown option '(-[^']*)'/.exec(error.message)?.[1];
  if (unknown === undefined) {
    const [first] = error.message.split('\n');
    return new UsageError(first);
  }
  const close = closest(unknown.replace(/^-+/, ''), names);
  return new UsageError(`there is no option ${unknown}`, close ? { hint: `Did you mean --${close}?` } : {});
}

export { firstLook, OWN_OPTIONS, parse };
