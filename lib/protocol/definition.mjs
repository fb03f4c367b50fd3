import { isMissing } from '../bridge/addon-missing.mjs';
import { loadTools } from '../bridge/tools.mjs';
import { ProtocolDeclarationError } from './error.mjs';

/** @typedef {import('./error.mjs').DeclarationFault} DeclarationFault */

/**
 * A param, as native code describes it.
 *
 * @typedef {object} ParamDescription
 * @property {string} name
 * @property {string} option
 * @property {'String' | 'Number' | 'Boolean' | 'Date' | 'JSON'} type
 * @property {string} description
 * @property {boolean} required
 * @property {unknown[]} values
 * @property {unknown} default
 * @property {string | null} env
 * @property {boolean} secret
 */

/**
 * An endpoint, as native code describes it.
 *
 * @typedef {object} CommandDescription
 * @property {string} group name on the command line
 * @property {string} name name on the command line
 * @property {[string, string]} endpoint declared names of group and endpoint
 * @property {string} description
 * @property {string} method
 * @property {boolean} authorized
 * @property {ParamDescription[]} params
 * @property {string} example
 * @property {boolean} hasSecrets
 */

/**
 * @typedef {object} ProtocolDescription
 * @property {string | null} name
 * @property {string | null} description
 * @property {string} credentialParam
 * @property {string | null} resultsKey
 * @property {ParamDescription[]} options
 * @property {CommandDescription[]} commands
 */

/** A protocol's declaration, and what the addon makes of it when that is needed. */
class DefinedProtocol {
  #declaration;
  /** @type {() => ProtocolDescription} */
  #describe;
  /** @type {string | undefined} */
  #json;
  /** @type {import('../../binding-tools.js').ProtocolEngine | undefined} */
  #engine;
  /** @type {ProtocolDescription | undefined} */
  #description;

  /**
   * @param {object} declaration
   * @param {() => ProtocolDescription} [describe] gives the description, if it is known without the addon
   */
  constructor(declaration, describe) {
    this.#declaration = declaration;
    this.#describe = describe ?? (() => JSON.parse(this.engine.describe()));
  }

  /** The declaration as JSON, with the names of types in place of constructors. */
  get json() {
    this.#json ??= JSON.stringify(toJson(this.#declaration, '', []) ?? null);
    return this.#json;
  }

  /** @throws when the declaration is invalid, or the addon is missing */
  get engine() {
    this.#engine ??= createEngine(this.json);
    return this.#engine;
  }

  /** @returns {ProtocolDescription} */
  get description() {
    this.#description ??= this.#describe();
    return this.#description;
  }
}

/** @type {WeakMap<object, DefinedProtocol>} */
const defined = new WeakMap();

/**
 * Checks a declaration and gives a frozen copy of it. If the addon is missing, the declaration is checked at the first call
 * instead.
 *
 * @template {object} P
 * @param {P} declaration
 * @returns {P}
 */
function defineProtocol(declaration) {
  if (isDefined(declaration)) {
    return declaration;
  }
  const definition = new DefinedProtocol(declaration);
  try {
    // The getter checks the declaration.
    definition.engine;
  } catch (error) {
    if (!isMissing(error) || Object(declaration) !== declaration) {
      throw error;
    }
  }
  const protocol = freeze(declaration);
  defined.set(protocol, definition);
  return protocol;
}

/**
 * Gives a frozen copy of a declaration that is known to be valid. The addon is loaded only when it is used.
 *
 * @template {object} P
 * @param {P} declaration
 * @param {() => ProtocolDescription} describe
 * @returns {P}
 */
function knownProtocol(declaration, describe) {
  const protocol = freeze(declaration);
  defined.set(protocol, new DefinedProtocol(protocol, describe));
  return protocol;
}

/**
 * Gives the definition of a protocol. A plain declaration is defined first.
 *
 * @param {object} protocol
 * @returns {DefinedProtocol}
 */
function definitionOf(protocol) {
  return /** @type {DefinedProtocol} */ (defined.get(defineProtocol(protocol)));
}

/** @param {unknown} declaration */
function isDefined(declaration) {
  return typeof declaration === 'object' && declaration !== null && defined.has(declaration);
}

/** @param {string} json */
function createEngine(json) {
  const { ProtocolEngine } = loadTools();
  try {
    return new ProtocolEngine(json);
  } catch (error) {
    throw new ProtocolDeclarationError(faultsOf(/** @type {Error} */ (error)));
  }
}

/**
 * @param {Error} error
 * @returns {DeclarationFault[]}
 */
function faultsOf(error) {
  try {
    return JSON.parse(error.message);
  } catch {
    throw error;
  }
}

/**
 * Converts a part of a declaration for JSON: a constructor becomes its name, `undefined` is left out.
 *
 * @param {unknown} value
 * @param {string} place
 * @param {object[]} around
 * @returns {unknown}
 */
function toJson(value, place, around) {
  if (typeof value === 'function') {
    return value.name || 'an anonymous function';
  }
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    return String(value);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Object.prototype.toString.call(value) === '[object JSON]') {
    return 'JSON';
  }
  if (around.includes(value)) {
    throw new ProtocolDeclarationError([{ place, fault: 'contains itself' }]);
  }
  const inside = [...around, value];
  if (Array.isArray(value)) {
    return value.map((item, index) => toJson(item, `${place}[${index}]`, inside));
  }
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    toJson(inner, place ? `${place}.${key}` : key, inside),
  ]);
  return Object.fromEntries(entries);
}

/**
 * Makes a deeply frozen copy. Constructors are not copied.
 *
 * @template T
 * @param {T} value
 * @returns {T}
 */
function freeze(value) {
  if (typeof value !== 'object' || value === null || Object.prototype.toString.call(value) === '[object JSON]') {
    return value;
  }
  const copy = Array.isArray(value)
    ? value.map(freeze)
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, freeze(inner)]));
  return /** @type {T} */ (Object.freeze(copy));
}

export { DefinedProtocol, defineProtocol, definitionOf, knownProtocol };
