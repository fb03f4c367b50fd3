//! The two ways to a connection.
//!
//! [`pooled`] keeps connections, over the sockets of either lane: [`io_thread`] is the lane of tokio's thread,
//! [`event_loop`] that of the caller's own.

pub mod connector;
mod draining;
pub mod event_loop;
pub mod io_thread;
pub mod pooled;
