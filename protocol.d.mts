export type * from './protocol.js';
export {
  binderProtocol,
  createProtocolClient,
  cycleProtocol,
  defineProtocol,
  ProtocolDeclarationError,
  ProtocolError,
} from './protocol.js';
