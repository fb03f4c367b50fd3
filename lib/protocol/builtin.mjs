import { knownProtocol } from './definition.mjs';

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

/** @type {(description: object) => import('./definition.mjs').ProtocolDescription} */
const generated = (description) => /** @type {any} */ (description);

/** The Binder API. */
const binderProtocol = once(() =>
  knownProtocol(require('../../protocol/binder'), () => generated(require('../../generated/binder-description.json'))),
);

/** The internal API of Cycle. */
const cycleProtocol = once(() =>
  knownProtocol(require('../../generated/cycle-protocol.json'), () =>
    generated(require('../../generated/cycle-description.json')),
  ),
);

export { binderProtocol, cycleProtocol };
