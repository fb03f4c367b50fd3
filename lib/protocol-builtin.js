const { defineProtocol } = require('./protocol');

/**
 * @template T
 * @param {() => T} make
 */
function once(make) {
  /** @type {T | undefined} */
  let made;
  return () => {
    made ??= make();
    return made;
  };
}

/** The Binder API. */
const binderProtocol = once(() => defineProtocol(require('../protocol/binder')));

/** The internal API of Cycle. */
const cycleProtocol = once(() => defineProtocol(require('../generated/cycle-protocol.json')));

module.exports = { binderProtocol, cycleProtocol };
