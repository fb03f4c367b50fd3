//! The only folder that uses Node-API, and the only one with `unsafe` code.
#![allow(clippy::needless_pass_by_value, reason = "napi hands arguments over by value")]

pub mod build_info;
pub mod client;
pub mod client_settings;
mod event;
mod external_text;
mod garbage;
#[cfg(feature = "tools")]
mod json;
mod lane;
mod libuv;
pub mod metadata;
pub mod notifications;
#[cfg(feature = "tools")]
mod protocol;
#[cfg(feature = "tools")]
mod protocol_call;
mod request_bytes;
mod shared_words;
#[cfg(feature = "tools")]
pub mod simulator;
#[cfg(feature = "tools")]
pub mod simulator_start;
mod tapes;
mod values;
mod waiting;
mod wakeup;
pub mod wire;
