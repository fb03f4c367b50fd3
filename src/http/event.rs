//! Events of calls.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::call::Delivery;
use super::error::Error;

/// One event of one call.
#[derive(Debug)]
pub enum Event {
    /// The complete answer. The call is over.
    Done {
        /// Number of the call.
        id: u32,
        /// Status and headers.
        head: Head,
        /// The decoded body.
        body: Bytes,
        /// How it is delivered.
        delivery: Delivery,
    },
    /// Status and headers of a streamed answer.
    Head {
        /// Number of the call.
        id: u32,
        /// Status and headers.
        head: Head,
    },
    /// A piece of a streamed body.
    Chunk {
        /// Number of the call.
        id: u32,
        /// Decoded bytes, never empty.
        bytes: Bytes,
    },
    /// The end of a streamed body. The call is over.
    End {
        /// Number of the call.
        id: u32,
    },
    /// The connection took a piece of a streamed request body and is ready for the next.
    Ready {
        /// Number of the call.
        id: u32,
    },
    /// The call failed. It is over.
    Failed {
        /// Number of the call.
        id: u32,
        /// The reason.
        error: Error,
    },
    /// The call was cancelled. It is over.
    Cancelled {
        /// Number of the call.
        id: u32,
    },
}

impl Event {
    /// Number of the call.
    #[must_use]
    pub fn id(&self) -> u32 {
        match self {
            Self::Done { id, .. }
            | Self::Head { id, .. }
            | Self::Chunk { id, .. }
            | Self::End { id }
            | Self::Ready { id }
            | Self::Failed { id, .. }
            | Self::Cancelled { id } => *id,
        }
    }

    /// Whether this is the last event of its call.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::End { .. } | Self::Failed { .. } | Self::Cancelled { .. })
    }
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// The status code.
    pub status: StatusCode,
    /// The reason phrase as received.
    pub reason: Bytes,
    /// The headers in order of first appearance. Repeated ones are not joined.
    pub headers: HeaderMap,
    /// The URL of the last request, if a redirect was followed.
    pub redirected_to: Option<String>,
    /// Whether the answer has no content: status 204, an answer to HEAD, or a length of zero.
    pub no_content: bool,
}

/// Receives events of calls.
pub trait Sink: 'static {
    /// Receives one event. Must not block.
    fn deliver(&self, event: Event);
}
