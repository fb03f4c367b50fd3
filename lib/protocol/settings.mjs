import { suggestion } from '../unknown-names.mjs';

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
 * @param {DefinedProtocol} definition
 * @param {Params} settings
 */
function checkConnection({ engine }, settings) {
  const { host, port, 'socket-path': socketPath } = settings;
  const fault = engine.checkConnection(JSON.stringify({ host, port, 'socket-path': socketPath }));
  if (fault !== null) {
    const error = new TypeError(`createProtocolClient: ${fault.join(' ')}`);
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
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
      const { name, type } = option;
      settings[name] = type === 'Number' && name !== 'port' && text.trim() !== '' ? Number(text) : text;
    }
  }
  return settings;
}

/** @param {unknown} value */
function checkedTimeout(value) {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !(value >= 0 && (value <= LONGEST_TIMEOUT_MS || value === Infinity))) {
    const error = new RangeError(
      `timeoutMs must be a number from 0 (no limit) to ${LONGEST_TIMEOUT_MS}, not ${String(value)}`,
    );
    throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
  }
  // Native code takes whole milliseconds, and 0 for no limit.
  return value === Infinity ? 0 : Math.ceil(value);
}

export { checkConnection, checkedTimeout, environmentSettings, readSettings };
