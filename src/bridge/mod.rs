//! The only place that knows Node-API, and the only one that may be `unsafe`.
#![allow(clippy::needless_pass_by_value, reason = "napi hands arguments over by value")]

mod busy_poll;
pub mod client;
mod event;
mod event_loop;
mod external_text;
mod garbage;
mod lane;
pub mod metadata;
pub mod notifications;
mod protocol;
mod shared_words;
pub mod simulator;
mod tapes;
mod uv;
mod values;
mod wakeup;
