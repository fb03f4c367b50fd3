//! The rules of RFC 6455 that a server can break.

use thiserror::Error;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::close_code;

/// Largest payload of a control frame. Its length is in the second byte: a longer form is not allowed, not for a short
/// one either.
const CONTROL_LIMIT: u8 = 125;
/// Bits of the first byte of a frame.
const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
/// Bit of the second byte.
const MASKED: u8 = 0x80;

/// A rule that the server broke.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Violation {
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

impl Violation {
    /// The close code to answer with.
    #[must_use]
    pub fn close_code(&self) -> u16 {
        match self {
            Self::InvalidUtf8 | Self::InvalidCloseReason => close_code::INVALID_DATA,
            _ => close_code::PROTOCOL_ERROR,
        }
    }
}

/// The rules that the first two bytes of a frame can break, whether more of it is here or not.
///
/// # Errors
/// The first rule that is broken.
pub fn check_start(first: u8, second: u8) -> Result<(), Violation> {
    let (last, opcode) = (first & FINAL != 0, first & 0x0F);
    if first & RESERVED != 0 {
        return Err(Violation::ReservedBits);
    }
    if second & MASKED != 0 {
        return Err(Violation::Masked);
    }
    match OpCode::from(opcode) {
        OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => {
            Err(Violation::UnknownOpcode(opcode))
        }
        OpCode::Control(_) if !last => Err(Violation::FragmentedControl),
        OpCode::Control(_) if second > CONTROL_LIMIT => Err(Violation::LongControl),
        _ => Ok(()),
    }
}
