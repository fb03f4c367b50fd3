import { invalidArgument, outOfRange } from '../invalid-argument.mjs';
import { loadLater } from '../load-later.mjs';
import { suggestion } from '../unknown-names.mjs';
import { losslessJson } from './params.mjs';

/** The longest delay of Node's timers, in milliseconds. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * @typedef {import('./definition.mjs').DefinedProtocol} DefinedProtocol
 * @typedef {Record<string, unknown>} Params
 * @typedef {{ option: import('./definition.mjs').ParamDescription, text: string | undefined }} Variable
 */

/**
 * Reads the options of a client, and gives them by the names of global params: `apiKey` and `token` are the credential,
 * `socketPath` is `socket-path`, and other global params have their declared names.
 *
 * @param {DefinedProtocol} definition
 * @param {Params} options
 */
function readSettings({ description: { credentialParam, options: params } }, options) {
  /** @type {Params} */
  const settings = {};
  /** @type {Record<string, string>} */
  const names = { apiKey: credentialParam, token: credentialParam, socketPath: 'socket-path' };
  const known = new Set(params.map(({ name }) => name));
  for (const [option, value] of Object.entries(options)) {
    const name = Object.hasOwn(names, option) ? names[option] : option;
    if (!known.has(name)) {
      const all = new Set([...Object.keys(names), ...known, 'timeoutMs', 'maxConnections', 'maxResponseBytes']);
      throw new TypeError(`createProtocolClient has no option ${option}: ${suggestion(option, [...all])}`);
    }
    if (value !== undefined && Object.hasOwn(settings, name)) {
      throw new TypeError(`createProtocolClient: ${option} is given twice under different names`);
    }
    if (value !== undefined) {
      settings[name] = value;
    }
  }
  return settings;
}

/**
 * Converts settings to JSON.
 *
 * @param {Params} settings
 */
function settingsToJson(settings) {
  try {
    return losslessJson(settings);
  } catch (error) {
    const { message, cause } = /** @type {Error} */ (error);
    throw invalidArgument(`createProtocolClient: its options ${message}`, { cause });
  }
}

/**
 * Checks the limits in the options, and gives them as native code takes them.
 *
 * @param {{ maxConnections?: any, maxResponseBytes?: any }} limits
 */
function checkedLimits(limits) {
  const given = Object.values(limits).some((limit) => limit !== undefined);
  return given ? loadLater().readLimits(limits, 'createProtocolClient') : {};
}

/**
 * @param {string} owner
 * @param {unknown} options
 */
function checkOptions(owner, options) {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument(
      `${owner}: options must be an Object, not ${options === null ? 'null' : `a ${typeof options}`}`,
    );
  }
}

/**
 * @param {DefinedProtocol} definition
 * @param {Params} settings
 */
function checkConnection({ engine }, settings) {
  const { host, port, 'socket-path': socketPath } = settings;
  const fault = engine.checkConnection(JSON.stringify({ host, port, 'socket-path': socketPath }));
  if (fault !== null) {
    throw invalidArgument(`createProtocolClient: ${fault.join(' ')}`);
  }
}

/**
 * Reads global params from environment variables.
 *
 * @param {Variable[]} variables
 */
function environmentSettings(variables) {
  /** @type {Params} */
  const settings = {};
  for (const { option, text } of variables) {
    if (text) {
      settings[option.name] = environmentValue(option, text);
    }
  }
  return settings;
}

/**
 * Reads the value of a variable. A text that does not fit stays text, and the call names the mistake.
 *
 * @param {import('./definition.mjs').ParamDescription} option
 * @param {string} text
 */
function environmentValue({ name, type }, text) {
  if (type === 'Boolean' && (text === 'true' || text === 'false')) {
    return text === 'true';
  }
  const isNumber = type === 'Number' && name !== 'port' && text.trim() !== '' && Number.isFinite(Number(text));
  return isNumber ? Number(text) : text;
}

/** @param {unknown} value */
function checkedTimeout(value) {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !(value >= 0 && (value <= LONGEST_TIMEOUT_MS || value === Infinity))) {
    throw outOfRange(`timeoutMs must be a number from 0 (no limit) to ${LONGEST_TIMEOUT_MS}, not ${String(value)}`);
  }
  // Native code takes whole milliseconds, and 0 for no limit.
  return value === Infinity ? 0 : Math.ceil(value);
}

export {
  checkConnection,
  checkedLimits,
  checkedTimeout,
  checkOptions,
  environmentSettings,
  readSettings,
  settingsToJson,
};
