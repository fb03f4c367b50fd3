//! The native half of `@cycleplatform/internal-api-client`.
//!
//! Data flows one way: [`bridge`] takes calls from JavaScript, the modules below it do the work
//! without knowing JavaScript, and answers return through one queue.

#[allow(unsafe_code)]
pub mod bridge;
pub mod http;
pub mod json;
pub mod metadata;
pub mod milliseconds;
pub mod notifications;
pub mod protocol;
pub mod runtime;
pub mod simulator;
pub mod socket_path;
pub mod system_error;
