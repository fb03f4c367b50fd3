//! HTTP/1.1 over a Unix socket (or a TCP port): from a [`Call`] to the [`Event`]s that answer it.
//!
//! [`engine`] runs calls, [`exchange`] is the life of one call, [`dispatch`] the seam below it:
//! a lane of [`lanes`] brings its own sockets, clock and tasks.

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
mod turn;

pub use call::{Call, Delivery, Payload};
pub use endpoint::Endpoint;
pub use error::Error;
pub use event::{Event, Head, Sink};
pub use limits::Limits;

use bytes::Bytes;

/// What JavaScript may ask of a lane. Answers come as [`Event`]s, keyed by the call's number; each call has one that is the
/// last.
pub trait Transport {
    /// Begins a call.
    fn start(&self, call: Call);
    /// Forgets a call and closes its connection, unless its last event is on its way.
    fn cancel(&self, id: u32);
    /// Says that the reader took this many bytes of a streamed response body.
    fn consumed(&self, id: u32, bytes: usize);
    /// Sends the next piece of a streamed request body; `None` ends it.
    fn upload(&self, id: u32, chunk: Option<Bytes>);
}

/// Header fields that an answer may have. hyper has room for a hundred on the stack, and allocates for more.
pub const MAX_HEADERS: usize = 512;
