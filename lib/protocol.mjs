// What `./protocol` of the package is made of; `protocol.js` gives it its names.

export { binderProtocol, cycleProtocol } from './protocol/builtin.mjs';
export { createProtocolClient } from './protocol/client.mjs';
export { defineProtocol, definitionOf } from './protocol/definition.mjs';
export { ProtocolDeclarationError, ProtocolError } from './protocol/error.mjs';
