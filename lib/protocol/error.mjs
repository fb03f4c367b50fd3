/**
 * One thing that is wrong with a declaration.
 *
 * @typedef {{ place: string, fault: string }} DeclarationFault
 */

/**
 * A failed call, as native code describes it.
 *
 * @typedef {object} Failure
 * @property {string} name
 * @property {string} message
 * @property {number | null} status
 * @property {string[]} suggestions
 * @property {string} endpoint
 * @property {string | null} param
 * @property {string | null} detail
 */

/** An invalid declaration. */
class ProtocolDeclarationError extends Error {
  /** @param {DeclarationFault[]} faults */
  constructor(faults) {
    const lines = faults.map(({ place, fault }) => `  ${place ? `${place}: ` : ''}${fault}`);
    const count = `${faults.length} fault${faults.length === 1 ? '' : 's'}`;
    super(`The protocol declaration has ${count}:\n${lines.join('\n')}`);
    this.code = 'ERR_CYCLE_PROTOCOL_DECLARATION';
    this.faults = faults;
  }
}

/** A call that ended with an error that its protocol declares; `name` is the declared name. */
class ProtocolError extends Error {
  /**
   * @param {Failure} failure
   * @param {unknown} [cause]
   */
  constructor(failure, cause) {
    super(failure.message, cause === undefined ? undefined : { cause });
    Object.defineProperty(this, 'name', { value: failure.name, configurable: true, writable: true });
    this.status = failure.status ?? undefined;
    this.suggestions = failure.suggestions;
    this.endpoint = failure.endpoint;
    if (failure.param !== null) {
      this.param = failure.param;
    }
    if (failure.detail !== null) {
      this.detail = failure.detail;
    }
  }
}

Object.defineProperty(ProtocolDeclarationError.prototype, 'name', {
  value: 'ProtocolDeclarationError',
  configurable: true,
  writable: true,
});

export { ProtocolDeclarationError, ProtocolError };
