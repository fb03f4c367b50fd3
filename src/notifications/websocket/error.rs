//! Why a WebSocket gives no more messages.

use std::io;

use super::close_code;

/// Why no more messages can be read. It is the last thing that a [`Reader`](super::Reader) gives.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server broke a rule of the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A message is larger than the limit given to [`Reader::new`](super::Reader::new).
    #[error("a message is larger than allowed")]
    MessageTooLarge,
    /// The connection failed, or ended without a close frame (`UnexpectedEof`).
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A rule of RFC 6455 that the server broke. The text goes on from "the server broke the WebSocket protocol:".
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProtocolError {
    /// Servers must not mask.
    #[error("it sent a masked frame")]
    Masked,
    /// No extension was agreed on that would give these bits a meaning.
    #[error("it sent a frame with reserved bits set")]
    ReservedBits,
    /// No such kind of frame.
    #[error("it sent a frame with the unknown opcode {0}")]
    UnknownOpcode(u8),
    /// Control frames stand alone.
    #[error("it sent a control frame in fragments")]
    FragmentedControl,
    /// Control frames are short, and their length is not written in a longer form.
    #[error("it sent a control frame whose length is not written as 125 bytes or less")]
    LongControl,
    /// There was nothing to continue.
    #[error("it sent a continuation frame without a beginning")]
    Continuation,
    /// A message began inside another.
    #[error("it began a message before the fragments of the last one were complete")]
    Interleaved,
    /// Text must be UTF-8.
    #[error("it sent text that is no valid UTF-8")]
    InvalidUtf8,
    /// A close frame is empty or has a code of two bytes.
    #[error("it sent a close frame with half a code")]
    HalfCloseCode,
    /// Not a code that may be sent.
    #[error("it sent a close frame with the illegal code {0}")]
    IllegalCloseCode(u16),
    /// The text of a close frame must be UTF-8.
    #[error("it sent a close frame whose reason is no valid UTF-8")]
    InvalidCloseReason,
}

impl ProtocolError {
    /// The close code to answer with.
    #[must_use]
    pub fn close_code(&self) -> u16 {
        match self {
            Self::InvalidUtf8 | Self::InvalidCloseReason => close_code::INVALID_DATA,
            _ => close_code::PROTOCOL_ERROR,
        }
    }
}
