import protocol from './protocol.js';

export const {
  ProtocolDeclarationError,
  ProtocolError,
  binderProtocol,
  createProtocolClient,
  cycleProtocol,
  defineProtocol,
} = protocol;
