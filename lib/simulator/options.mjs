import { invalidArgument } from '../invalid-argument.mjs';
import { refuseOptions } from '../unknown-names.mjs';
import { checkMilliseconds } from './answer.mjs';

/** @typedef {import('../../testing.js').SimulatorOptions} SimulatorOptions */

const OPTIONS = [
  'socketPath',
  'port',
  'host',
  'token',
  'latencyMs',
  'metadataPath',
  'world',
  'protocol',
  'election',
  'scopes',
];

/** The characters that HTTP allows in the value of a header. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Checks the options of a simulator and fills in the defaults.
 *
 * @param {SimulatorOptions} options
 */
function readOptions(options) {
  checkObject('startSimulator takes an object with options', options);
  refuseOptions('startSimulator', options, OPTIONS);
  const {
    socketPath,
    host = '127.0.0.1',
    port,
    latencyMs = 0,
    metadataPath,
    world,
    election,
    protocol,
    scopes,
    token,
  } = options;
  for (const [name, value] of Object.entries({ socketPath, host, metadataPath, token })) {
    if (value !== undefined) checkText(name, value);
  }
  if (token !== undefined) checkToken(token);
  if (socketPath !== undefined && port !== undefined) {
    throw invalidArgument('a simulator listens on a socketPath or on a port, not on both');
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) {
    throw invalidArgument(`port must be a whole number from 0 to 65535, not ${String(port)}`);
  }
  checkMilliseconds('latencyMs', latencyMs);
  if (election !== undefined) checkElection(election);
  if (scopes !== undefined) checkScopes(scopes);
  if (world !== undefined && typeof world !== 'function') {
    checkObject('world must be an object or a function', world);
  }
  const ofTheWorld = [world, election, scopes, metadataPath];
  if (protocol !== undefined && ofTheWorld.some((option) => option !== undefined)) {
    throw invalidArgument('a protocol has neither a world, nor elections, nor scopes, nor metadata');
  }
  // Removes the brackets of an IPv6 address.
  const plainHost = /^\[(.*:.*)\]$/.exec(host)?.[1] ?? host;
  return { socketPath, host: plainHost, port, latencyMs, metadataPath, world, election, protocol, scopes };
}

/** @param {NonNullable<SimulatorOptions['election']>} election */
function checkElection(election) {
  checkObject('election must be an object', election);
  refuseOptions('election of startSimulator', election, ['enabled', 'deadlineMs']);
  const { enabled, deadlineMs } = election;
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    throw invalidArgument(`election.enabled must be true or false, not ${kindOf(enabled)}`);
  }
  if (deadlineMs !== undefined) checkMilliseconds('election.deadlineMs', deadlineMs);
}

/** @param {unknown} token */
function checkToken(token) {
  checkText('token', token);
  if (!HEADER_VALUE.test(String(token))) {
    throw invalidArgument('token must have only characters that HTTP allows in a header');
  }
}

/**
 * Checks only the types. The addon knows which scopes there are.
 *
 * @param {unknown} scopes
 */
function checkScopes(scopes) {
  if (!Array.isArray(scopes)) throw invalidArgument(`scopes must be an array, not ${kindOf(scopes)}`);
  for (const scope of scopes) checkText('a scope', scope);
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function checkText(name, value) {
  if (typeof value !== 'string') throw invalidArgument(`${name} must be a string, not ${kindOf(value)}`);
  if (value === '') throw invalidArgument(`${name} must not be empty`);
  if (value.includes('\0')) throw invalidArgument(`${name} must not contain a zero byte`);
}

/**
 * @param {string} rule
 * @param {unknown} value
 */
function checkObject(rule, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(`${rule}, not ${kindOf(value)}`);
  }
}

/** @param {unknown} value */
function kindOf(value) {
  if (value === null) return 'null';
  const kind = Array.isArray(value) ? 'array' : typeof value;
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/**
 * Gives the world that a program's function makes from another, as JSON.
 *
 * @param {string} name of the function, for errors
 * @param {(world: any) => unknown} make
 * @param {string} before
 */
function madeWorld(name, make, before) {
  const world = JSON.parse(before);
  const made = make(world) ?? world;
  if (made instanceof Promise) throw invalidArgument(`the function ${name} must not be async`);
  checkObject(`the function ${name} must return an object`, made);
  return worldText(`what the function ${name} returns`, made);
}

/**
 * @param {string} what name of the value, for errors
 * @param {unknown} world
 */
function worldText(what, world) {
  try {
    return JSON.stringify(world);
  } catch (error) {
    throw invalidArgument(`${what} cannot be written as JSON: ${/** @type {Error} */ (error).message}`);
  }
}

export { checkObject, checkScopes, checkToken, madeWorld, readOptions, worldText };
