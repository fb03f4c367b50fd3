//! Random bytes as a server's stream: whatever they are, however they are cut, reading ends without a panic, gives the
//! same messages, and never more than came.
#![no_main]

use std::io::{self, Read, Write};

use arbitrary::Arbitrary;
use cycle_internal_api::notifications::websocket::{Error, Message, Reader};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    with_handshake: u8,
    piece: u8,
    max_message: u16,
    bytes: &'a [u8],
}

/// Gives bytes in pieces of one size, with a pause before each; takes all that is written.
struct Stub<'a> {
    rest: &'a [u8],
    piece: usize,
    paused: bool,
}

impl Read for Stub<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.paused = !self.paused;
        if self.paused {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let size = self.piece.min(self.rest.len()).min(buffer.len());
        let (now, later) = self.rest.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.rest = later;
        Ok(size)
    }
}

impl Write for Stub<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read(bytes: &[u8], already_read: usize, piece: usize, max_message: usize) -> (Vec<Message<String>>, String) {
    let (first, rest) = bytes.split_at(already_read.min(bytes.len()));
    let stub = Stub { rest, piece, paused: false };
    let mut reader = Reader::new(stub, first.to_vec(), max_message);
    let mut messages = Vec::new();
    loop {
        match reader.read_message() {
            Ok(Some(message)) => messages.push(owned(message)),
            Ok(None) => {}
            Err(error) => return (messages, name(&error)),
        }
    }
}

fn owned(message: Message<&str>) -> Message<String> {
    match message {
        Message::Text(text) => Message::Text(text.into()),
        Message::Binary => Message::Binary,
        Message::Ping => Message::Ping,
        Message::Pong => Message::Pong,
        Message::Fragment => Message::Fragment,
        Message::Close(content) => Message::Close(content),
    }
}

fn name(error: &Error) -> String {
    match error {
        Error::Io(error) => format!("{:?}", error.kind()),
        other => other.to_string(),
    }
}

fuzz_target!(|input: Input| {
    let max_message = usize::from(input.max_message).max(1);
    let whole = read(input.bytes, 0, usize::MAX, max_message);
    let pieces =
        read(input.bytes, input.with_handshake.into(), usize::from(input.piece).max(1), max_message);
    assert_eq!(whole, pieces);
    let size: usize = whole.0.iter().map(|message| match message {
        Message::Text(text) => {
            assert!(text.len() <= max_message);
            text.len() + 2
        }
        _ => 2,
    }).sum();
    assert!(size <= input.bytes.len());
});
