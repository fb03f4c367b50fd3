//! Notification sockets: a WebSocket over a Unix socket that reconnects, filters messages by topic and queues them, so
//! that JavaScript gets only the messages it asked for, in batches.
//!
//! [`socket::Socket`] runs the connection as its [`state::Machine`] decides: [`handshake`] opens it, [`websocket`]
//! reads messages, [`topics`] filters them, and [`queue::Outbox`] keeps them until JavaScript takes them.

pub mod backoff;
mod connection;
mod error;
pub mod handshake;
pub mod liveness;
pub mod options;
pub mod queue;
pub mod socket;
pub mod state;
mod time_limit;
pub mod topics;
pub mod websocket;

pub use error::Error;
