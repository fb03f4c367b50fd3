'use strict';

// Each part is loaded when it is first used.
module.exports = {
  /** @type {typeof import('./lib/protocol').defineProtocol} */
  defineProtocol: (declaration) => require('./lib/protocol').defineProtocol(declaration),
  /** @type {typeof import('./lib/protocol-client').createProtocolClient} */
  createProtocolClient: (protocol, options) => require('./lib/protocol-client').createProtocolClient(protocol, options),
  get ProtocolDeclarationError() {
    return require('./lib/protocol-error').ProtocolDeclarationError;
  },
  get ProtocolError() {
    return require('./lib/protocol-error').ProtocolError;
  },
  get binderProtocol() {
    return require('./lib/protocol-builtin').binderProtocol();
  },
  get cycleProtocol() {
    return require('./lib/protocol-builtin').cycleProtocol();
  },
};
