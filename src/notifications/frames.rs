//! WebSocket messages out of frames, by the rules of RFC 6455 for a client. Reading and writing of single frames is
//! tungstenite's; its own message layer takes the registered close code 1014 for an illegal one and hides which code
//! was illegal, so the rules above frames are kept here.

use std::io::{self, Read, Write};

use bytes::Bytes;
use thiserror::Error;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame, FrameSocket};

use super::close_code;

/// Largest payload of a control frame.
const CONTROL_LIMIT: usize = 125;

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
    /// Control frames are short.
    #[error("it sent a control frame of {0} bytes, 125 are allowed")]
    LongControl(usize),
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

/// Why no more messages can be read.
#[derive(Debug, Error)]
pub enum Broken {
    /// The server broke a rule.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// A message is larger than allowed.
    #[error("a message is larger than allowed")]
    TooLarge,
    /// The connection failed, or ended without a close frame.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// One message or control frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message; its content is of no use here.
    Binary,
    /// A ping; its answer is on the way.
    Ping,
    /// An answer to a ping.
    Pong,
    /// The server closes; with code and reason unless the frame was empty.
    Close(Option<(u16, String)>),
}

/// Reads messages from, and writes control frames to, a stream that does not block.
pub struct Frames<S> {
    socket: FrameSocket<S>,
    max_message: usize,
    fragments: Option<Fragments>,
    /// Payload of the last ping, while its answer cannot be written.
    pong: Option<Bytes>,
    unflushed: bool,
}

struct Fragments {
    text: bool,
    bytes: Vec<u8>,
}

impl<S> Frames<S> {
    /// Messages of `stream`, of which `already_read` has been read before. A message may have `max_message` bytes.
    pub fn new(stream: S, already_read: Vec<u8>, max_message: usize) -> Self {
        let socket = FrameSocket::from_partially_read(stream, already_read);
        Self { socket, max_message, fragments: None, pong: None, unflushed: false }
    }

    /// The stream below.
    pub fn get_ref(&self) -> &S {
        self.socket.get_ref()
    }

    /// Whether something waits to be written.
    pub fn wants_write(&self) -> bool {
        self.unflushed
    }
}

impl<S: Read + Write> Frames<S> {
    /// The next message, or `None` when the stream has no more for now.
    ///
    /// # Errors
    /// [`Broken`]; nothing can be read after it.
    pub fn read_message(&mut self) -> Result<Option<Message>, Broken> {
        loop {
            let Some(frame) = self.read_frame()? else { return Ok(None) };
            if let Some(message) = self.accept(frame)? {
                return Ok(Some(message));
            }
        }
    }

    fn read_frame(&mut self) -> Result<Option<Frame>, Broken> {
        let held = self.fragments.as_ref().map_or(0, |fragments| fragments.bytes.len());
        // A control frame may come between the fragments of a message that has its full size already.
        let limit = (self.max_message - held).max(CONTROL_LIMIT + 1);
        match self.socket.read(Some(limit)) {
            Ok(Some(frame)) => Ok(Some(frame)),
            Ok(None) => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
            Err(Error::Io(error)) => Err(error.into()),
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => Err(Broken::TooLarge),
            Err(Error::Protocol(ProtocolError::InvalidOpcode(opcode))) => {
                Err(Violation::UnknownOpcode(opcode).into())
            }
            Err(other) => Err(io::Error::other(other).into()),
        }
    }

    fn accept(&mut self, frame: Frame) -> Result<Option<Message>, Broken> {
        let header = frame.header();
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Violation::ReservedBits.into());
        }
        if header.mask.is_some() {
            return Err(Violation::Masked.into());
        }
        match header.opcode {
            OpCode::Control(control) => self.control(control, frame).map(Some),
            OpCode::Data(data) => self.data(data, frame),
        }
    }

    fn control(&mut self, control: Control, frame: Frame) -> Result<Message, Broken> {
        if !frame.header().is_final {
            return Err(Violation::FragmentedControl.into());
        }
        if frame.payload().len() > CONTROL_LIMIT {
            return Err(Violation::LongControl(frame.payload().len()).into());
        }
        match control {
            Control::Ping => {
                self.pong = Some(frame.into_payload());
                self.flush()?;
                Ok(Message::Ping)
            }
            Control::Pong => Ok(Message::Pong),
            Control::Close => Ok(Message::Close(close_content(frame.payload())?)),
            Control::Reserved(opcode) => Err(Violation::UnknownOpcode(opcode).into()),
        }
    }

    fn data(&mut self, data: Data, frame: Frame) -> Result<Option<Message>, Broken> {
        let last = frame.header().is_final;
        let text = match (data, &mut self.fragments) {
            (Data::Reserved(opcode), _) => return Err(Violation::UnknownOpcode(opcode).into()),
            (Data::Continue, None) => return Err(Violation::Continuation.into()),
            (Data::Text | Data::Binary, Some(_)) => return Err(Violation::Interleaved.into()),
            (Data::Continue, Some(fragments)) => {
                if fragments.bytes.len() + frame.payload().len() > self.max_message {
                    return Err(Broken::TooLarge);
                }
                fragments.bytes.extend_from_slice(frame.payload());
                if !last {
                    return Ok(None);
                }
                let whole = self.fragments.take().map(|fragments| (fragments.text, fragments.bytes));
                let (text, bytes) = whole.unwrap_or_default();
                return finish(text, bytes.into()).map(Some);
            }
            (Data::Text, None) => true,
            (Data::Binary, None) => false,
        };
        if frame.payload().len() > self.max_message {
            return Err(Broken::TooLarge);
        }
        if last {
            return finish(text, frame.into_payload()).map(Some);
        }
        self.fragments = Some(Fragments { text, bytes: frame.payload().to_vec() });
        Ok(None)
    }

    /// Writes what waits, as far as the stream takes it; see [`Frames::wants_write`].
    ///
    /// # Errors
    /// The system error when the connection failed.
    pub fn flush(&mut self) -> io::Result<()> {
        loop {
            if self.unflushed {
                if !complete(self.socket.flush())? {
                    return Ok(());
                }
                self.unflushed = false;
            }
            // Only the last of several pings needs an answer, so what waits stays small.
            let Some(payload) = self.pong.take() else { return Ok(()) };
            self.send(Frame::pong(payload))?;
        }
    }

    /// Sends a ping.
    ///
    /// # Errors
    /// As for [`Frames::flush`].
    pub fn ping(&mut self) -> io::Result<()> {
        self.send(Frame::ping(Bytes::new()))
    }

    /// Sends a close frame, empty without a code.
    ///
    /// # Errors
    /// As for [`Frames::flush`].
    pub fn close(&mut self, code: Option<u16>, reason: &str) -> io::Result<()> {
        self.pong = None;
        self.send(Frame::close(code.map(|code| CloseFrame { code: code.into(), reason: reason.into() })))
    }

    fn send(&mut self, mut frame: Frame) -> io::Result<()> {
        frame.header_mut().mask = Some(fastrand::u32(..).to_ne_bytes());
        self.unflushed = true;
        if complete(self.socket.write(frame))? && complete(self.socket.flush())? {
            self.unflushed = false;
        }
        Ok(())
    }
}

/// Whether a write is complete. What would block stays in tungstenite's buffer.
fn complete(result: Result<(), Error>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(Error::Io(error)) => Err(error),
        Err(other) => Err(io::Error::other(other)),
    }
}

fn finish(text: bool, payload: Bytes) -> Result<Message, Broken> {
    if !text {
        return Ok(Message::Binary);
    }
    Utf8Bytes::try_from(payload).map(Message::Text).map_err(|_| Violation::InvalidUtf8.into())
}

fn close_content(payload: &[u8]) -> Result<Option<(u16, String)>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::HalfCloseCode) };
    };
    let code = u16::from_be_bytes(*code);
    if !close_code::is_sendable(code) {
        return Err(Violation::IllegalCloseCode(code));
    }
    let reason = str::from_utf8(reason).map_err(|_| Violation::InvalidCloseReason)?;
    Ok(Some((code, reason.into())))
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
