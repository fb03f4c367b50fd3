//! The errors that end reading from a WebSocket.

use std::io;

use super::close_code;

/// Why no more messages can be read. After it, a [`Reader`](super::Reader) must not be read again.
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

/// A rule of RFC 6455 that the server broke. Its message follows "the server broke the WebSocket protocol:".
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProtocolError {
    /// Servers must not mask.
    #[error("it sent a masked frame")]
    Masked,
    /// Only extensions use these bits, and none was negotiated.
    #[error("it sent a frame with reserved bits set")]
    ReservedBits,
    /// There is no such type of frame.
    #[error("it sent a frame with the unknown opcode {0}")]
    UnknownOpcode(u8),
    /// Control frames must not be fragmented.
    #[error("it sent a control frame in fragments")]
    FragmentedControl,
    /// Control frames have at most 125 bytes, and their length must be written in the short form.
    #[error("it sent a control frame whose length is not written as 125 bytes or less")]
    LongControl,
    /// A continuation frame must follow the first fragment of a message.
    #[error("it sent a continuation frame without a message to continue")]
    Continuation,
    /// A message must not begin before the last one is complete.
    #[error("it began a message before the fragments of the last one were complete")]
    Interleaved,
    /// Text must be UTF-8.
    #[error("it sent text that is not valid UTF-8")]
    InvalidUtf8,
    /// A close frame must be empty or begin with a code of two bytes.
    #[error("it sent a close frame with only one byte of a code")]
    HalfCloseCode,
    /// See [`close_code::is_sendable`](super::close_code::is_sendable).
    #[error("it sent a close frame with the illegal code {0}")]
    IllegalCloseCode(u16),
    /// The reason in a close frame must be UTF-8.
    #[error("it sent a close frame whose reason is not valid UTF-8")]
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
