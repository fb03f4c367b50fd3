//! The two lanes, in which connections can live: [`event_loop`] on the caller's thread, [`io_thread`] on a thread of its own.
//!
//! [`pooled`] keeps the connections of either lane.

pub mod connector;
mod draining;
pub mod event_loop;
pub mod io_thread;
pub mod pooled;
