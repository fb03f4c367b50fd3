import { deferProtocol } from './definition.mjs';

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
const binderProtocol = once(() => deferProtocol(require('../../protocol/binder')));

/** The internal API of Cycle. */
const cycleProtocol = once(() => deferProtocol(require('../../generated/cycle-protocol.json')));

export { binderProtocol, cycleProtocol };
