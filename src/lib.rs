//! The native half of `@cycleplatform/internal-api-client`.
//!
//! [`bridge`] takes calls from JavaScript. The other modules do the work and know nothing of JavaScript. Answers return to
//! JavaScript through one queue.
//!
//! The crate is compiled to two addons: with the feature `tools`, and without it for production.

#[allow(unsafe_code)]
pub mod bridge;
pub mod http;
pub mod json;
pub mod metadata;
pub mod milliseconds;
pub mod notifications;
#[cfg(feature = "tools")]
pub mod protocol;
pub mod runtime;
#[cfg(feature = "tools")]
pub mod simulator;
pub mod socket_path;
pub mod system_error;
