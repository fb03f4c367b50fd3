//! Reads WebSocket messages from frames by the rules of RFC 6455 for a client.
//!
//! tungstenite parses headers and writes frames. Its message layer is not used, because it refuses the registered close
//! code 1014 and does not say which code it refused. Frames are read here too, which is faster: messages are borrowed
//! from one buffer, where tungstenite clears its buffer before each read and gives each message a reference count.

use std::io::{self, Cursor, Read, Write};
use std::mem;
use std::ops::Range;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::error as tungstenite;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader, FrameSocket};

use super::close_code;
use super::error::{Error, ProtocolError};
use super::header::check_start;
use super::utf8::Utf8;

/// First byte of a text message in one frame, without reserved bits.
const WHOLE_TEXT: u8 = 0x81;
/// Size of the buffer, in bytes. It grows while a larger frame is read.
const BUFFER: usize = 128 * 1024;

/// One message or control frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<Text> {
    /// A text message.
    Text(Text),
    /// A binary message, without its content.
    Binary,
    /// A ping. [`Reader`] answers it.
    Ping,
    /// A pong.
    Pong,
    /// A part of a message that is not complete. Reported so that the caller can limit how many it reads in one go.
    Fragment,
    /// A close frame, with code and reason unless it was empty.
    Close(Option<(u16, String)>),
}

/// Reads messages from a non-blocking stream, and writes control frames to it.
pub struct Reader<S> {
    /// Only for writing; reading is done into `buffer`.
    socket: FrameSocket<S>,
    buffer: Vec<u8>,
    /// The part of `buffer` that was read from the stream but not returned yet.
    unread: Range<usize>,
    max_message: usize,
    fragments: Option<Fragments>,
    /// The last message that came in fragments.
    joined: Vec<u8>,
    /// Checks a text message that is not complete yet.
    utf8: Utf8,
    /// How many bytes of the arriving frame's payload `utf8` has checked.
    checked: usize,
    /// Payload of a ping whose answer is not written yet.
    pong: Option<Bytes>,
    unflushed: bool,
}

struct Fragments {
    text: bool,
    bytes: Vec<u8>,
}

/// A message, or where its text is.
enum Found {
    Buffered(Range<usize>),
    Joined,
    Other(Message<&'static str>),
}

impl<S> Reader<S> {
    /// A reader for `stream`. `already_read` is what was read from it together with the handshake. Messages may have at
    /// most `max_message` bytes.
    pub fn new(stream: S, already_read: Vec<u8>, max_message: usize) -> Self {
        let unread = 0..already_read.len();
        let mut buffer = already_read;
        buffer.resize(buffer.len().max(BUFFER), 0);
        Self {
            socket: FrameSocket::new(stream),
            buffer,
            unread,
            max_message,
            fragments: None,
            joined: Vec::new(),
            utf8: Utf8::default(),
            checked: 0,
            pong: None,
            unflushed: false,
        }
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        self.socket.get_ref()
    }

    /// Whether [`Reader::flush`] must be called when the stream is writable.
    pub fn wants_write(&self) -> bool {
        self.unflushed
    }
}

impl<S: Read + Write> Reader<S> {
    /// The next message, or `None` when the stream has no complete one yet.
    ///
    /// # Errors
    /// [`Error`]; nothing can be read after it.
    pub fn read_message(&mut self) -> Result<Option<Message<&str>>, Error> {
        self.joined = Vec::new();
        let found = if let Some(payload) = self.read_short_text() {
            Found::Buffered(payload)
        } else {
            let Some((header, payload)) = self.read_frame()? else { return Ok(None) };
            self.accept(&header, payload)?
        };
        let text = match found {
            Found::Buffered(payload) => &self.buffer[payload],
            Found::Joined => &self.joined,
            Found::Other(message) => return Ok(Some(message)),
        };
        let text = str::from_utf8(text).map_err(|_| ProtocolError::InvalidUtf8)?;
        Ok(Some(Message::Text(text)))
    }

    /// A fast path for the usual frame: a whole text message of up to 65,535 bytes that has arrived completely. Gives
    /// where in the buffer its payload is.
    #[inline]
    fn read_short_text(&mut self) -> Option<Range<usize>> {
        let (header, length) = match *self.buffer.get(self.unread.clone())? {
            [WHOLE_TEXT, length @ 0..=125, ..] => (2, usize::from(length)),
            [WHOLE_TEXT, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            _ => return None,
        };
        if self.fragments.is_some()
            || self.checked > 0
            || length > self.max_message
            || self.unread.len() < header + length
        {
            return None;
        }
        let start = self.unread.start + header;
        self.unread.start = start + length;
        Some(start..start + length)
    }

    /// The header of the next frame, and where in the buffer its payload is until the next call. `None` when the frame
    /// is not complete yet.
    fn read_frame(&mut self) -> Result<Option<(FrameHeader, Range<usize>)>, Error> {
        loop {
            if let [first, second, ..] = self.buffer[self.unread.clone()] {
                check_start(first, second)?;
            }
            let mut cursor = Cursor::new(&self.buffer[self.unread.clone()]);
            let (missing, arriving) = match FrameHeader::parse(&mut cursor) {
                Ok(Some((header, length))) => {
                    let length = self.check(&header, length)?;
                    let there = cursor.get_ref().len();
                    let start = usize::try_from(cursor.position()).unwrap_or(there);
                    if length <= there - start {
                        let start = self.unread.start + start;
                        self.unread.start = start + length;
                        return Ok(Some((header, start..start + length)));
                    }
                    (length - (there - start), Some((header.opcode, start)))
                }
                Ok(None) => (1, None),
                Err(tungstenite::Error::Protocol(tungstenite::ProtocolError::InvalidOpcode(opcode))) => {
                    return Err(ProtocolError::UnknownOpcode(opcode).into());
                }
                Err(other) => return Err(io::Error::other(other).into()),
            };
            match self.fill(missing) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(_) => {}
                Err(error) => {
                    return match error.kind() {
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {
                            arriving.map_or(Ok(()), |(opcode, start)| self.check_part(opcode, start))?;
                            Ok(None)
                        }
                        _ => Err(error.into()),
                    };
                }
            }
        }
    }

    /// Checks a complete header. Gives the length of the payload, which need not have arrived.
    fn check(&self, header: &FrameHeader, length: u64) -> Result<usize, Error> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let held = match (header.opcode, &self.fragments) {
            (OpCode::Control(Control::Reserved(opcode)) | OpCode::Data(Data::Reserved(opcode)), _) => {
                return Err(ProtocolError::UnknownOpcode(opcode).into());
            }
            (OpCode::Control(_), _) => return Ok(length),
            (OpCode::Data(Data::Continue), None) => return Err(ProtocolError::Continuation.into()),
            (OpCode::Data(Data::Continue), Some(fragments)) => fragments.bytes.len(),
            (OpCode::Data(_), Some(_)) => return Err(ProtocolError::Interleaved.into()),
            (OpCode::Data(_), None) => 0,
        };
        if length > self.max_message - held { Err(Error::MessageTooLarge) } else { Ok(length) }
    }

    /// Checks the UTF-8 of a payload that has arrived in part. It begins `start` bytes into the unread part of the
    /// buffer.
    fn check_part(&mut self, opcode: OpCode, start: usize) -> Result<(), ProtocolError> {
        let text = match opcode {
            OpCode::Data(Data::Text) => true,
            OpCode::Data(_) => self.fragments.as_ref().is_some_and(|fragments| fragments.text),
            OpCode::Control(_) => false,
        };
        let payload = &self.buffer[self.unread.clone()][start..];
        if text && payload.len() > self.checked {
            self.utf8.push(&payload[self.checked..])?;
            self.checked = payload.len();
        }
        Ok(())
    }

    /// Reads once from the stream, as much as fits into the buffer. The next frame lacks at least `missing` bytes.
    fn fill(&mut self, missing: usize) -> io::Result<usize> {
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        let size = self.unread.end;
        if size == self.buffer.len() {
            // At most doubles the buffer, so that memory grows with what arrives, not with the announced length.
            self.buffer.resize(size + missing.min(size), 0);
        } else if size < BUFFER && self.buffer.len() > BUFFER && missing < BUFFER - size {
            self.buffer.truncate(BUFFER);
            self.buffer.shrink_to_fit();
        }
        let read = self.socket.get_mut().read(&mut self.buffer[size..])?;
        self.unread.end += read;
        Ok(read)
    }

    fn accept(&mut self, header: &FrameHeader, payload: Range<usize>) -> Result<Found, Error> {
        match header.opcode {
            OpCode::Control(control) => self.control(control, payload).map(Found::Other),
            OpCode::Data(data) => Ok(self.data(data, header.is_final, payload)?),
        }
    }

    fn control(&mut self, control: Control, payload: Range<usize>) -> Result<Message<&'static str>, Error> {
        let payload = &self.buffer[payload];
        match control {
            Control::Ping => {
                self.pong = Some(Bytes::copy_from_slice(payload));
                self.flush()?;
                Ok(Message::Ping)
            }
            Control::Pong => Ok(Message::Pong),
            Control::Close => Ok(Message::Close(close_content(payload)?)),
            Control::Reserved(opcode) => Err(ProtocolError::UnknownOpcode(opcode).into()),
        }
    }

    fn data(&mut self, data: Data, last: bool, payload: Range<usize>) -> Result<Found, ProtocolError> {
        let checked = mem::take(&mut self.checked);
        let text = self.fragments.as_ref().map_or(data == Data::Text, |fragments| fragments.text);
        if last {
            // The complete message is checked when it is returned.
            self.utf8 = Utf8::default();
        } else if text {
            self.utf8.push(&self.buffer[payload.clone()][checked..])?;
        }
        let Some(mut fragments) = self.fragments.take() else {
            if last {
                return Ok(if text { Found::Buffered(payload) } else { Found::Other(Message::Binary) });
            }
            self.fragments = Some(Fragments { text, bytes: self.buffer[payload].to_vec() });
            return Ok(Found::Other(Message::Fragment));
        };
        fragments.bytes.extend_from_slice(&self.buffer[payload]);
        if !last {
            self.fragments = Some(fragments);
            return Ok(Found::Other(Message::Fragment));
        }
        self.joined = fragments.bytes;
        Ok(if text { Found::Joined } else { Found::Other(Message::Binary) })
    }

    /// Writes what is not written yet, as far as the stream accepts it; see [`Reader::wants_write`].
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
            // Only the last of several pings needs an answer, so at most one is kept.
            let Some(payload) = self.pong.take() else { return Ok(()) };
            self.send(Frame::pong(payload))?;
        }
    }

    /// Sends a pong without a ping, to show that this side is alive.
    ///
    /// # Errors
    /// As for [`Reader::flush`].
    pub fn pong(&mut self) -> io::Result<()> {
        self.pong.get_or_insert_default();
        self.flush()
    }

    /// Sends a ping.
    ///
    /// # Errors
    /// As for [`Reader::flush`].
    pub fn ping(&mut self) -> io::Result<()> {
        self.send(Frame::ping(Bytes::new()))
    }

    /// Sends a close frame; without a code, an empty one.
    ///
    /// # Errors
    /// As for [`Reader::flush`].
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

/// Whether a write is complete. What the stream did not accept stays in tungstenite's buffer.
fn complete(result: Result<(), tungstenite::Error>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(tungstenite::Error::Io(error)) => Err(error),
        Err(other) => Err(io::Error::other(other)),
    }
}

fn close_content(payload: &[u8]) -> Result<Option<(u16, String)>, ProtocolError> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(ProtocolError::HalfCloseCode) };
    };
    let code = u16::from_be_bytes(*code);
    if !close_code::is_sendable(code) {
        return Err(ProtocolError::IllegalCloseCode(code));
    }
    let reason = str::from_utf8(reason).map_err(|_| ProtocolError::InvalidCloseReason)?;
    Ok(Some((code, reason.into())))
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
