// What a client or a socket needs beyond plain calls. In `dist/` this is a file of its own, loaded when it is needed.

export { askForAnswerTapes } from './bridge/answer-tapes.mjs';
export { GeneralClient } from './client/general-client.mjs';
export { readLimits } from './client/limits.mjs';
export { isHeaderValue } from './client/request-headers.mjs';
export { readOptions } from './notifications/options.mjs';
export { NotificationStream } from './notifications/stream.mjs';
