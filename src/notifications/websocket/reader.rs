//! WebSocket messages out of frames, by the rules of RFC 6455 for a client. Headers are parsed and frames are written
//! by tungstenite; its own message layer takes the registered close code 1014 for an illegal one and hides which code
//! was illegal, so the rules above frames are kept here. Frames are read here as well: messages are borrowed from a
//! buffer that is never cleared, where tungstenite clears its buffer before each read and counts references to each
//! message.

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
/// So much is read at once. A larger frame makes the buffer grow until it was read.
const BUFFER: usize = 128 * 1024;

/// One message or control frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<Text> {
    /// A text message.
    Text(Text),
    /// A binary message; its content is of no use here.
    Binary,
    /// A ping; its answer is on the way.
    Ping,
    /// An answer to a ping.
    Pong,
    /// Part of a message whose end has not come: the caller says how many of them are enough for one turn.
    Fragment,
    /// The server closes; with code and reason unless the frame was empty.
    Close(Option<(u16, String)>),
}

/// Reads messages from, and writes control frames to, a stream that does not block.
pub struct Reader<S> {
    /// Writes; what it would read is read into `buffer`.
    socket: FrameSocket<S>,
    buffer: Vec<u8>,
    /// The part of the buffer that was read from the stream and not given out yet.
    unread: Range<usize>,
    max_message: usize,
    fragments: Option<Fragments>,
    /// The last message that came in fragments.
    joined: Vec<u8>,
    /// What was looked at of a text message that is not complete.
    utf8: Utf8,
    /// So much of the payload of the frame that is arriving was looked at.
    looked_at: usize,
    /// Payload of the last ping, while its answer cannot be written.
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
    /// Messages of `stream`, of which `already_read` has been read before. A message may have `max_message` bytes.
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
            looked_at: 0,
            pong: None,
            unflushed: false,
        }
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

impl<S: Read + Write> Reader<S> {
    /// The next message, or `None` when the stream has no more for now.
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

    /// Where the payload of the next frame is, if that is here as a whole and what nearly all are: a text message of up
    /// to 65,535 bytes in one frame.
    #[inline]
    fn read_short_text(&mut self) -> Option<Range<usize>> {
        let (header, length) = match *self.buffer.get(self.unread.clone())? {
            [WHOLE_TEXT, length @ 0..=125, ..] => (2, usize::from(length)),
            [WHOLE_TEXT, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            _ => return None,
        };
        if self.fragments.is_some()
            || self.looked_at > 0
            || length > self.max_message
            || self.unread.len() < header + length
        {
            return None;
        }
        let start = self.unread.start + header;
        self.unread.start = start + length;
        Some(start..start + length)
    }

    /// The header of the next frame, and where its payload is until the next call.
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
                            arriving.map_or(Ok(()), |(opcode, start)| self.look_at_part(opcode, start))?;
                            Ok(None)
                        }
                        _ => Err(error.into()),
                    };
                }
            }
        }
    }

    /// The rules that the rest of a header can break, whether its payload is here or not. Gives the length of that.
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

    /// Looks at what is here of the payload of a frame that is not complete, which begins so far behind what was given out.
    fn look_at_part(&mut self, opcode: OpCode, start: usize) -> Result<(), ProtocolError> {
        let text = match opcode {
            OpCode::Data(Data::Text) => true,
            OpCode::Data(_) => self.fragments.as_ref().is_some_and(|fragments| fragments.text),
            OpCode::Control(_) => false,
        };
        let payload = &self.buffer[self.unread.clone()][start..];
        if text && payload.len() > self.looked_at {
            self.utf8.push(&payload[self.looked_at..])?;
            self.looked_at = payload.len();
        }
        Ok(())
    }

    /// Reads once, as much as fits behind what is unread. The frame there lacks so many bytes at least.
    fn fill(&mut self, missing: usize) -> io::Result<usize> {
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        let size = self.unread.end;
        if size == self.buffer.len() {
            // No faster than the frame arrives, whatever size it has announced.
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
        let looked_at = mem::take(&mut self.looked_at);
        let text = self.fragments.as_ref().map_or(data == Data::Text, |fragments| fragments.text);
        if last {
            // All of it is looked at when it is given out.
            self.utf8 = Utf8::default();
        } else if text {
            self.utf8.push(&self.buffer[payload.clone()][looked_at..])?;
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

    /// Writes what waits, as far as the stream takes it; see [`Reader::wants_write`].
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

    /// Says that this end is alive, without having been asked.
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

    /// Sends a close frame, empty without a code.
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

/// Whether a write is complete. What would block stays in tungstenite's buffer.
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
