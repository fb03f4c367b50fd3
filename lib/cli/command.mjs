import { readFile } from 'node:fs/promises';
import { closest } from '../closest.mjs';
import { UsageError } from './exit.mjs';
import { readLine, readRest } from './input.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 * @typedef {import('../protocol/definition.mjs').CommandDescription} Command
 * @typedef {import('../protocol/definition.mjs').ParamDescription} Param
 * @typedef {import('./arguments.mjs').OptionConfigs} OptionConfigs
 */

/** Global params for which the command line of every protocol has options. */
const CONNECTION = ['host', 'port', 'socket-path'];

/**
 * Finds a command by its words.
 *
 * @param {Source} source
 * @param {string} group
 * @param {string | undefined} name
 * @returns {Command}
 */
function findCommand({ description: { commands } }, group, name) {
  const inGroup = commands.filter((command) => command.group === group);
  if (inGroup.length === 0) {
    throw unknown('command or group', group, [...new Set(commands.map((command) => command.group))]);
  }
  const found = inGroup.find((command) => command.name === name);
  if (found === undefined) {
    const names = inGroup.map((command) => command.name);
    throw name === undefined
      ? new UsageError(`${group} needs a command: ${names.join(', ')}`)
      : unknown(`command of ${group}`, name, names);
  }
  return found;
}

/**
 * @param {string} what
 * @param {string} name
 * @param {string[]} names
 */
function unknown(what, name, names) {
  const close = closest(name, names);
  const hint = close ? `Did you mean ${close}?` : `There are ${names.join(', ')}.`;
  return new UsageError(`there is no ${what} ${name}`, { hint });
}

/**
 * The options for the params of a command.
 *
 * @param {Pick<Command, 'params'>} command
 * @returns {OptionConfigs}
 */
function optionsOf({ params }) {
  return Object.fromEntries(
    params.map(({ option, type }) => [option, { type: type === 'Boolean' ? 'boolean' : 'string' }]),
  );
}

/**
 * The options for the global params that go into every request.
 *
 * @param {Source} source
 * @returns {OptionConfigs}
 */
function sharedOptions(source) {
  return optionsOf({ params: sharedParams(source) });
}

/** @param {Source} source */
function sharedParams({ description: { options, credentialParam } }) {
  return options.filter(({ name }) => !CONNECTION.includes(name) && name !== credentialParam);
}

/**
 * Reads the params of a call. Words are values for the params that have no option, in the order of the declaration.
 *
 * @param {Source} source
 * @param {Command} command
 * @param {{ values: Record<string, any>, words: string[] }} given
 * @param {string} usage shown with errors
 * @returns {Promise<Record<string, unknown>>}
 */
async function readParams(source, command, { values, words }, usage) {
  const rest = [...words];
  /** @type {Record<string, unknown>} */
  const params = {};
  for (const param of [...command.params, ...sharedParams(source)]) {
    const own = command.params.includes(param);
    const value = values[param.option] ?? (own ? rest.shift() : undefined);
    if (value !== undefined) {
      params[param.name] = typeof value === 'boolean' ? value : await readParam(source, command, param, value, usage);
    }
  }
  if (rest.length > 0) {
    throw new UsageError(`too many arguments: ${rest.join(' ')}`, { usage });
  }
  const missing = command.params.filter(({ name, required }) => required && !Object.hasOwn(params, name));
  if (missing.length > 0) {
    throw new UsageError(`missing: ${missing.map(({ name }) => name).join(', ')}`, { usage });
  }
  return params;
}

/**
 * @param {Source} source
 * @param {Command} command
 * @param {Param} param
 * @param {string} word
 * @param {string} usage
 */
async function readParam(
  { definition: { engine } },
  { endpoint: [group, endpoint] },
  { name, type, secret },
  word,
  usage,
) {
  const line = secret && word === '-';
  const text = line ? await readLine(name) : type === 'JSON' ? await readJsonText(name, word) : word;
  const { value, fault } = JSON.parse(engine.readParam(group, endpoint, name, text));
  if (fault !== undefined) {
    throw new UsageError(`${name} ${fault}`, { usage });
  }
  return value;
}

/**
 * Reads JSON from the command line: JSON text, `@file`, `-` for standard input, or the path of a file.
 *
 * @param {string} name
 * @param {string} word
 */
async function readJsonText(name, word) {
  if (word === '-') {
    return readRest();
  }
  const path = word.startsWith('@') ? word.slice(1) : word;
  if (path === word && isJson(word)) {
    return word;
  }
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    const what = path === word ? 'is neither JSON nor a file that can be read' : 'names a file that cannot be read';
    throw new UsageError(`${name} ${what}: ${message}`);
  }
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads the options for the connection, and gives them by the names of global params.
 *
 * @param {Source} source
 * @param {Record<string, any>} values
 * @returns {Promise<Record<string, unknown>>}
 */
async function readConnection({ description: { credentialParam } }, values) {
  /** @type {Record<string, unknown>} */
  const connection = {};
  const { host, port, 'socket-path': socketPath, 'api-key': apiKey, token } = values;
  if (apiKey !== undefined && token !== undefined) {
    throw new UsageError('--api-key and --token are the same; give one of them');
  }
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) < 65536)) {
    throw new UsageError('--port must be a whole number from 1 to 65535');
  }
  if (socketPath !== undefined && (host ?? port) !== undefined) {
    throw new UsageError('--socket-path must not be given together with --host or --port');
  }
  if (socketPath === '') {
    throw new UsageError('--socket-path must not be empty');
  }
  const credential = await readCredential(apiKey ?? token);
  const given = { host, port: port && Number(port), 'socket-path': socketPath, [credentialParam]: credential };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) {
      connection[name] = value;
    }
  }
  return connection;
}

/**
 * Reads a credential from the command line, or from a line of standard input for `-`.
 *
 * @param {string | undefined} word
 */
async function readCredential(word) {
  return word === '-' ? readLine('the credential') : word;
}

/** The longest duration, in milliseconds: about that of a timer. */
const LONGEST_DURATION = 24 * 24 * 3_600_000;

const UNITS = { ms: 1, s: 1000, m: 60_000 };

/**
 * Reads a duration such as `500ms`, `10s`, `2m`; without a unit, seconds.
 *
 * @param {string | undefined} text
 * @param {string} [option] its option, for errors
 * @returns {number | undefined} milliseconds
 */
function readTimeout(text, option = '--timeout') {
  if (text === undefined) {
    return undefined;
  }
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (number === undefined) {
    throw new UsageError(`${option} must be a duration such as 500ms, 10s or 2m`);
  }
  const milliseconds = Number(number) * UNITS[/** @type {keyof UNITS} */ (unit)];
  if (milliseconds > LONGEST_DURATION) {
    throw new UsageError(`${option} must be 24 days at most`);
  }
  return milliseconds;
}

/**
 * Where live parts and notifications reach the platform.
 *
 * @param {Record<string, any>} connection
 * @param {string} why said where a TCP port is given
 * @returns {{ socketPath?: string, token?: string }}
 */
function socketAccess({ host, port, 'socket-path': socketPath, token }, why) {
  if (host !== undefined || port !== undefined) {
    throw new UsageError(`${why} through a Unix socket; give --socket-path`);
  }
  return { socketPath, token };
}

export { findCommand, optionsOf, readConnection, readJsonText, readParams, readTimeout, sharedOptions, socketAccess };
