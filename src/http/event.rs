//! What a call tells its caller.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::call::Delivery;
use super::error::Error;

/// One event of one call.
#[derive(Debug)]
pub enum Event {
    /// The whole answer; the call is over.
    Done {
        /// Number of the call.
        id: u32,
        /// Status and headers.
        head: Head,
        /// The decoded body.
        body: Bytes,
        /// What it is to become.
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
    /// The end of a streamed body; the call is over.
    End {
        /// Number of the call.
        id: u32,
    },
    /// The connection took the last piece of a streamed request body and wants the next.
    Ready {
        /// Number of the call.
        id: u32,
    },
    /// The call failed and is over.
    Failed {
        /// Number of the call.
        id: u32,
        /// Why.
        error: Error,
    },
    /// The caller gave the call up, and it is over.
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

    /// Whether nothing follows for this call.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::End { .. } | Self::Failed { .. } | Self::Cancelled { .. })
    }
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// Status code.
    pub status: StatusCode,
    /// The reason phrase as it was received.
    pub reason: Bytes,
    /// Headers in order of first appearance, repeated ones kept apart.
    pub headers: HeaderMap,
    /// The URL that answered, where redirects led away from the one asked for.
    pub redirected_to: Option<String>,
    /// Whether the answer has no content by its nature: status 204, HEAD, or a length of zero.
    pub no_content: bool,
}

/// Where the events of a lane go.
pub trait Sink: 'static {
    /// Takes one event; must not block.
    fn deliver(&self, event: Event);
}
