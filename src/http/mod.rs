//! HTTP/1.1 over a Unix socket (or a TCP port): from a [`Call`] to the [`Event`]s that answer it.
//!
//! [`engine`] runs the calls of a client, and [`exchange`] one call. Below them is a lane of [`lanes`], which has sockets,
//! timers and tasks of its own. [`dispatch`] is the interface between them.

pub mod answer_head;
pub mod body;
pub mod call;
pub mod classify;
pub mod collect;
pub mod content_encoding;
pub mod dispatch;
pub mod endpoint;
pub mod engine;
mod error;
pub mod event;
pub mod exchange;
pub mod framing;
mod hint;
pub mod lanes;
pub mod limits;
pub mod progress;
pub mod redirect;
pub mod retry;
mod time_slice;

pub use call::{Call, Delivery, Payload};
pub use endpoint::Endpoint;
pub use error::Error;
pub use event::{Event, Head, Sink};
pub use limits::Limits;

use bytes::Bytes;

/// A client's calls on a lane. They are answered by [`Event`]s with the call's number, of which exactly one is the last of
/// its call.
pub trait Transport {
    /// Begins a call.
    fn start(&self, call: Call);
    /// Cancels a call and closes its connection, unless its last event was delivered.
    fn cancel(&self, id: u32);
    /// Says that the reader took `bytes` bytes of a streamed response body.
    fn consumed(&self, id: u32, bytes: usize);
    /// Sends the next piece of a streamed request body; `None` ends it.
    fn upload(&self, id: u32, chunk: Option<Bytes>);
}

/// The most header fields of an answer. hyper has room for 100 on the stack, and allocates for more.
pub const MAX_HEADERS: usize = 512;
