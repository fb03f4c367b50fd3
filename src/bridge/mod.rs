//! The only place that knows Node-API, and the only one that may be `unsafe`.
#![allow(clippy::needless_pass_by_value, reason = "napi hands arguments over by value")]

pub mod client;
mod event;
pub mod metadata;
pub mod protocol;
mod values;
mod wakeup;
