// The exports of the package's `./protocol`, which `protocol.js` names.

export { binderProtocol, cycleProtocol } from './protocol/builtin.mjs';
export { createProtocolClient } from './protocol/client.mjs';
export { defineProtocol, definitionOf } from './protocol/definition.mjs';
export { ProtocolDeclarationError, ProtocolError } from './protocol/error.mjs';
