//! The only place that knows Node-API, and the only one that may be `unsafe`.

mod wakeup;
