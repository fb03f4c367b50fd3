//! The client's side of a WebSocket after the handshake: reads messages from frames by the rules of RFC 6455.

pub mod close_code;
mod error;
mod header;
mod reader;
mod utf8;

pub use error::{Error, ProtocolError};
pub use reader::{Message, Reader};
