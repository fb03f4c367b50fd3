//! Checks the first two bytes of a frame, before the rest of its header has arrived.

use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::error::ProtocolError;

/// Largest payload of a control frame, in bytes. Its length must be in the second byte; the longer forms are not
/// allowed.
const CONTROL_LIMIT: u8 = 125;
/// Bits of the first byte of a frame.
const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
/// Bit of the second byte.
const MASKED: u8 = 0x80;

/// Checks the rules that the first two bytes of a frame can break.
///
/// # Errors
/// The first rule that is broken.
pub(super) fn check_start(first: u8, second: u8) -> Result<(), ProtocolError> {
    let (last, opcode) = (first & FINAL != 0, first & 0x0F);
    if first & RESERVED != 0 {
        return Err(ProtocolError::ReservedBits);
    }
    if second & MASKED != 0 {
        return Err(ProtocolError::Masked);
    }
    match OpCode::from(opcode) {
        OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => {
            Err(ProtocolError::UnknownOpcode(opcode))
        }
        OpCode::Control(_) if !last => Err(ProtocolError::FragmentedControl),
        OpCode::Control(_) if second > CONTROL_LIMIT => Err(ProtocolError::LongControl),
        _ => Ok(()),
    }
}
