/** The kinds of native events; `src/bridge/notifications.rs` has the same list. */
const OPEN = 0;
const FAULT = 1;
const CLOSE = 2;
const RECONNECTING = 3;
const IDLE = 4;

export { CLOSE, FAULT, IDLE, OPEN, RECONNECTING };
