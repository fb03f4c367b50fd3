//! The notification stream: a WebSocket over a Unix socket, kept open, filtered and queued here, so that
//! JavaScript only sees messages it asked for, in batches.
//!
//! [`socket::Socket`] runs the connection as its [`state::Machine`] says: [`handshake`] opens it,
//! [`websocket`] reads messages, [`topics`] chooses among them, [`queue::Outbox`] holds them until they are taken.

pub mod backoff;
mod connection;
mod error;
pub mod handshake;
pub mod liveness;
pub mod options;
mod patience;
pub mod queue;
pub mod socket;
pub mod state;
pub mod topics;
pub mod websocket;

pub use error::Error;
