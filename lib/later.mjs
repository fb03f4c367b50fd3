// What is needed for more than plain calls. It becomes `dist/later.js`, which is loaded when it is needed.

export { adviseOn } from './bridge/addon-advice.mjs';
export { askForAnswerTapes } from './bridge/answer-tapes.mjs';
export { GeneralClient } from './client/general-client.mjs';
export { readLimits } from './client/limits.mjs';
export { isHeaderValue } from './client/request-headers.mjs';
export { readOptions } from './notifications/options.mjs';
export { NotificationStream } from './notifications/stream.mjs';
