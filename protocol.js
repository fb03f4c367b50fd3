'use strict';

const protocol = require('./dist/protocol.js');

exports.ProtocolDeclarationError = protocol.ProtocolDeclarationError;
exports.ProtocolError = protocol.ProtocolError;
exports.createProtocolClient = protocol.createProtocolClient;
exports.defineProtocol = protocol.defineProtocol;
// Named here for Node, which reads what a module exports before it runs it; their declarations are read when they are used.
exports.binderProtocol = exports.cycleProtocol = undefined;
Object.defineProperties(exports, {
  binderProtocol: { enumerable: true, get: protocol.binderProtocol },
  cycleProtocol: { enumerable: true, get: protocol.cycleProtocol },
});
