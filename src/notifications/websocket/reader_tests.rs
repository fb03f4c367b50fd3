use std::collections::VecDeque;
use std::io;

use proptest::prelude::*;

use super::*;

/// A stream that gives its input in pieces, takes this many bytes of output, and then blocks.
struct Stub {
    input: VecDeque<Vec<u8>>,
    output: Vec<u8>,
    takes: usize,
    ended: bool,
}

impl Read for Stub {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut piece) = self.input.pop_front() else {
            return if self.ended { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        };
        let size = piece.len().min(buffer.len());
        buffer[..size].copy_from_slice(&piece[..size]);
        if size < piece.len() {
            self.input.push_front(piece.split_off(size));
        }
        Ok(size)
    }
}

impl Write for Stub {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let size = bytes.len().min(self.takes - self.output.len());
        if size == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.output.extend_from_slice(&bytes[..size]);
        Ok(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const LIMIT: usize = 1_000;

fn reader_until(pieces: &[&[u8]], ended: bool) -> Reader<Stub> {
    let input = pieces.iter().map(|piece| piece.to_vec()).collect();
    Reader::new(Stub { input, output: Vec::new(), takes: usize::MAX, ended }, Vec::new(), LIMIT)
}

fn reader(pieces: &[&[u8]]) -> Reader<Stub> {
    reader_until(pieces, true)
}

/// A frame as a server sends it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(u8::try_from(length).unwrap()),
        length => {
            bytes.push(126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn text(content: &str) -> Message<String> {
    Message::Text(content.into())
}

fn owned(message: Message<&str>) -> Message<String> {
    match message {
        Message::Text(content) => text(content),
        Message::Binary => Message::Binary,
        Message::Ping => Message::Ping,
        Message::Pong => Message::Pong,
        Message::Fragment => Message::Fragment,
        Message::Close(content) => Message::Close(content),
    }
}

/// Everything until the end, without the fragments of what was not complete.
fn read_all(reader: &mut Reader<Stub>) -> (Vec<Message<String>>, Error) {
    let mut messages = Vec::new();
    loop {
        match reader.read_message() {
            Ok(Some(Message::Fragment)) => {}
            Ok(Some(message)) => messages.push(owned(message)),
            Ok(None) => panic!("the stub ends, it does not block"),
            Err(error) => return (messages, error),
        }
    }
}

fn violation(bytes: &[u8]) -> ProtocolError {
    match read_all(&mut reader(&[bytes])) {
        (messages, Error::Protocol(violation)) => {
            assert!(messages.is_empty(), "{messages:?}");
            violation
        }
        other => panic!("no violation: {other:?}"),
    }
}

/// Unmasks the one frame that was written.
fn written(reader: &Reader<Stub>) -> (u8, Vec<u8>) {
    let output = &reader.get_ref().output;
    assert_eq!(usize::from(output[1]), 0x80 | (output.len() - 6), "masked, and nothing after it");
    let payload =
        output[6..].iter().zip(output[2..6].iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    (output[0], payload)
}

#[test]
fn reads_messages_however_they_are_cut() {
    let stream =
        [frame(0x81, b"one"), frame(0x81, "zw\u{f6}lf".as_bytes()), frame(0x82, b"\xff"), frame(0x81, b"")]
            .concat();
    let expected = vec![text("one"), text("zwölf"), Message::Binary, text("")];
    for size in 1..stream.len() {
        let pieces: Vec<&[u8]> = stream.chunks(size).collect();
        let (messages, error) = read_all(&mut reader(&pieces));
        assert_eq!(messages, expected, "pieces of {size}");
        assert!(matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof));
    }
}

#[test]
fn what_came_with_the_handshake_is_read_first() {
    let first = frame(0x81, b"first");
    let stub = Stub {
        input: [first[3..].to_vec(), frame(0x81, b"second")].into(),
        output: Vec::new(),
        takes: usize::MAX,
        ended: false,
    };
    let mut reader = Reader::new(stub, first[..3].to_vec(), LIMIT);
    assert_eq!(reader.read_message().unwrap(), Some(Message::Text("first")));
    assert_eq!(reader.read_message().unwrap(), Some(Message::Text("second")));
    assert_eq!(reader.read_message().unwrap(), None);
}

#[test]
fn a_frame_beyond_the_buffer_is_read_in_pieces_and_the_buffer_shrinks_after_it() {
    let large = "x".repeat(5 * BUFFER + 7);
    let mut stream = vec![0x81, 127];
    stream.extend((large.len() as u64).to_be_bytes());
    stream.extend_from_slice(large.as_bytes());
    stream.extend(frame(0x81, b"after"));
    let input = stream.chunks(40_000).map(<[u8]>::to_vec).collect();
    let stub = Stub { input, output: Vec::new(), takes: usize::MAX, ended: false };
    let mut reader = Reader::new(stub, Vec::new(), 2 * large.len());
    assert_eq!(reader.read_message().unwrap(), Some(Message::Text(&*large)));
    assert_eq!(reader.read_message().unwrap(), Some(Message::Text("after")));
    assert_eq!(reader.read_message().unwrap(), None);
    assert_eq!(reader.buffer.len(), BUFFER);
}

#[test]
fn a_large_announcement_alone_takes_no_memory() {
    let input = [vec![0x81, 127, 0, 0, 0, 0, 0x40, 0, 0, 0, b'a']].into();
    let stub = Stub { input, output: Vec::new(), takes: usize::MAX, ended: false };
    let mut reader = Reader::new(stub, Vec::new(), usize::MAX);
    assert_eq!(reader.read_message().unwrap(), None);
    assert_eq!(reader.buffer.len(), BUFFER);
}

#[test]
fn joins_fragments_with_control_frames_between_them() {
    let euro = "€".as_bytes();
    let stream = [
        frame(0x01, &euro[..1]),
        frame(0x89, b"p"),
        frame(0x00, &euro[1..2]),
        frame(0x8a, b""),
        frame(0x00, b""),
        frame(0x80, &euro[2..]),
        frame(0x02, b"\xff"),
        frame(0x80, b"\xfe"),
    ]
    .concat();
    let mut reader = reader(&[&stream]);
    let (messages, _) = read_all(&mut reader);
    assert_eq!(messages, [Message::Ping, Message::Pong, text("€"), Message::Binary]);
    assert_eq!(written(&reader), (0x8a, b"p".to_vec()));
}

#[test]
fn each_broken_rule_is_named_and_has_its_close_code() {
    let masked = [&[0x81, 0x81, 1, 2, 3, 4][..], &[b'a' ^ 1]].concat();
    let cases: Vec<(Vec<u8>, ProtocolError, u16)> = vec![
        (masked, ProtocolError::Masked, 1002),
        (frame(0xc1, b"a"), ProtocolError::ReservedBits, 1002),
        (frame(0xa1, b"a"), ProtocolError::ReservedBits, 1002),
        (frame(0x91, b"a"), ProtocolError::ReservedBits, 1002),
        (frame(0x83, b"a"), ProtocolError::UnknownOpcode(3), 1002),
        (frame(0x87, b"a"), ProtocolError::UnknownOpcode(7), 1002),
        (frame(0x8b, b"a"), ProtocolError::UnknownOpcode(11), 1002),
        (frame(0x8f, b"a"), ProtocolError::UnknownOpcode(15), 1002),
        (frame(0x09, b"a"), ProtocolError::FragmentedControl, 1002),
        (frame(0x08, b""), ProtocolError::FragmentedControl, 1002),
        (frame(0x89, &[0; 126]), ProtocolError::LongControl, 1002),
        (frame(0x8a, &[0; 200]), ProtocolError::LongControl, 1002),
        (vec![0x89, 126, 0, 1, b'a'], ProtocolError::LongControl, 1002),
        (vec![0x88, 127, 0, 0, 0, 0, 0, 0, 0, 0], ProtocolError::LongControl, 1002),
        (frame(0x80, b"a"), ProtocolError::Continuation, 1002),
        (frame(0x00, b"a"), ProtocolError::Continuation, 1002),
        ([frame(0x01, b"a"), frame(0x81, b"b")].concat(), ProtocolError::Interleaved, 1002),
        ([frame(0x01, b"a"), frame(0x82, b"b")].concat(), ProtocolError::Interleaved, 1002),
        (frame(0x81, b"\xff"), ProtocolError::InvalidUtf8, 1007),
        (frame(0x81, b"\xed\xa0\x80"), ProtocolError::InvalidUtf8, 1007),
        (frame(0x81, "€".as_bytes().split_at(2).0), ProtocolError::InvalidUtf8, 1007),
        ([frame(0x01, b"\xe2\x82"), frame(0x80, b"a")].concat(), ProtocolError::InvalidUtf8, 1007),
        (frame(0x88, b"\x03"), ProtocolError::HalfCloseCode, 1002),
        (frame(0x88, &[3, 0xe8, 0xff]), ProtocolError::InvalidCloseReason, 1007),
    ];
    for (bytes, expected, code) in cases {
        let found = violation(&bytes);
        assert_eq!(found, expected);
        assert_eq!(found.close_code(), code);
    }
}

/// What comes of bytes of which the stream has no more for now.
fn refused_at_once(bytes: &[&[u8]]) -> ProtocolError {
    let mut reader = reader_until(bytes, false);
    loop {
        match reader.read_message() {
            Ok(Some(Message::Fragment)) => {}
            Err(Error::Protocol(violation)) => return violation,
            other => panic!("no violation: {other:?}"),
        }
    }
}

#[test]
fn fragments_without_an_end_do_not_hold_the_caller() {
    let mut pieces: Vec<&[u8]> = vec![&[0x00, 0]; 1_000];
    pieces.insert(0, &[0x01, 1, b'a']);
    let mut reader = reader(&pieces);
    reader.read_message().unwrap();
    assert!(reader.get_ref().input.len() > 900);
}

#[test]
fn a_header_is_refused_before_its_payload_is_here() {
    for (header, expected) in [
        (&[0x81, 0x85, 0, 0, 0, 0][..], ProtocolError::Masked),
        (&[0x91, 5], ProtocolError::ReservedBits),
        (&[0x83, 5], ProtocolError::UnknownOpcode(3)),
        (&[0x8b, 5], ProtocolError::UnknownOpcode(11)),
        (&[0x09, 5], ProtocolError::FragmentedControl),
        (&[0xf1, 127], ProtocolError::ReservedBits),
        (&[0x81, 0xff], ProtocolError::Masked),
        (&[0x89, 126], ProtocolError::LongControl),
        (&[0x83, 127], ProtocolError::UnknownOpcode(3)),
        (&[0x80, 5], ProtocolError::Continuation),
    ] {
        assert_eq!(refused_at_once(&[header]), expected);
    }
    assert_eq!(refused_at_once(&[&frame(0x01, b"a"), &[0x81, 5]]), ProtocolError::Interleaved);
}

#[test]
fn text_is_refused_as_soon_as_it_cannot_become_utf8() {
    let wrong = [0xce, 0xba, 0xf4, 0x90];
    let mut unfinished = frame(0x81, &[wrong.as_slice(), b"edited"].concat());
    unfinished.truncate(2 + wrong.len());
    let cases: [&[&[u8]]; 5] = [
        &[&frame(0x01, &wrong)],
        &[&frame(0x01, &wrong[..3]), &frame(0x00, &wrong[3..])],
        &[&unfinished],
        &[&unfinished[..5], &unfinished[5..]],
        &[&frame(0x01, &wrong[..3]), &[0x00, 9, wrong[3]]],
    ];
    for pieces in cases {
        assert_eq!(refused_at_once(pieces), ProtocolError::InvalidUtf8, "{pieces:?}");
    }
}

#[test]
fn what_was_looked_at_of_one_frame_says_nothing_of_the_next() {
    let messages = ["é", "日本", "a", "zwölf", "😀😀"];
    let stream: Vec<u8> = messages.iter().flat_map(|message| frame(0x81, message.as_bytes())).collect();
    for size in 1..stream.len() {
        let mut reader = reader(&[]);
        let mut seen = Vec::new();
        for piece in stream.chunks(size) {
            reader.socket.get_mut().ended = false;
            reader.socket.get_mut().input.push_back(piece.to_vec());
            while let Some(message) = reader.read_message().unwrap() {
                seen.push(owned(message));
            }
        }
        assert_eq!(seen, messages.map(text), "pieces of {size}");
    }
}

#[test]
fn close_codes_are_given_back_when_they_may_be_sent() {
    for code in [1000_u16, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999] {
        let payload = [&code.to_be_bytes()[..], "späti".as_bytes()].concat();
        let (messages, _) = read_all(&mut reader(&[&frame(0x88, &payload)]));
        assert_eq!(messages, [Message::Close(Some((code, "späti".into())))]);
    }
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        assert_eq!(violation(&frame(0x88, &code.to_be_bytes())), ProtocolError::IllegalCloseCode(code));
    }
    let (messages, _) = read_all(&mut reader(&[&frame(0x88, b"")]));
    assert_eq!(messages, [Message::Close(None)]);
}

#[test]
fn messages_are_limited_by_their_announced_size_and_as_a_sum() {
    let exact = frame(0x81, &[b'a'; LIMIT]);
    let (messages, _) = read_all(&mut reader(&[&exact]));
    assert_eq!(messages, [text(&"a".repeat(LIMIT))]);

    // Only the header is there: the size alone is enough.
    let mut blocked = reader(&[&[0x81, 126, 0x03, 0xe9]]);
    assert!(matches!(blocked.read_message(), Err(Error::MessageTooLarge)));
    let mut blocked = reader(&[&[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]);
    assert!(matches!(blocked.read_message(), Err(Error::MessageTooLarge)));

    let half = [b'a'; LIMIT / 2];
    let fits = [frame(0x01, &half), frame(0x00, &half), frame(0x89, &[0; 125]), frame(0x80, b"")].concat();
    let (messages, _) = read_all(&mut reader(&[&fits]));
    assert_eq!(messages, [Message::Ping, text(&"a".repeat(LIMIT))]);
    let exceeds = [frame(0x01, &half), frame(0x00, &half), frame(0x80, b"a")].concat();
    assert!(
        matches!(read_all(&mut reader(&[&exceeds])), (messages, Error::MessageTooLarge) if messages.is_empty())
    );
}

#[test]
fn a_limit_below_the_size_of_control_frames_holds_for_messages() {
    let input = [frame(0x89, &[0; 125]), frame(0x81, b"abc"), frame(0x81, b"abcd")].into();
    let stub = Stub { input, output: Vec::new(), takes: usize::MAX, ended: true };
    let (messages, error) = read_all(&mut Reader::new(stub, Vec::new(), 3));
    assert_eq!(messages, [Message::Ping, text("abc")]);
    assert!(matches!(error, Error::MessageTooLarge));
}

#[test]
fn a_server_that_does_not_read_gets_the_last_pong_only() {
    let input = (0..100_u8).map(|number| frame(0x89, &[number; 100])).collect();
    let mut reader = Reader::new(Stub { input, output: Vec::new(), takes: 50, ended: false }, vec![], LIMIT);
    while reader.read_message().unwrap().is_some() {}
    assert!(reader.wants_write());
    reader.socket.get_mut().takes = usize::MAX;
    reader.flush().unwrap();
    assert!(!reader.wants_write());
    let output = &reader.get_ref().output;
    assert_eq!(output.len(), 2 * 106, "the one that was begun, and the last");
    assert_eq!(output[106 + 6] ^ output[106 + 2], 99);
}

#[test]
fn closes_with_code_and_reason_or_empty() {
    let mut with_code = reader(&[]);
    with_code.close(Some(1009), "too large").unwrap();
    assert_eq!(written(&with_code), (0x88, [&1009_u16.to_be_bytes()[..], b"too large"].concat()));
    let mut empty = reader(&[]);
    empty.close(None, "").unwrap();
    assert_eq!(written(&empty), (0x88, Vec::new()));
    let mut alive = reader(&[]);
    alive.pong().unwrap();
    assert_eq!(written(&alive), (0x8a, Vec::new()));
    let mut ping = reader(&[]);
    ping.ping().unwrap();
    assert_eq!(written(&ping), (0x89, Vec::new()));
}

proptest! {
    #[test]
    fn random_bytes_never_panic_and_never_give_more_than_came(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (messages, _) = read_all(&mut reader(&[&bytes]));
        prop_assert!(messages.len() * 2 <= bytes.len());
    }

    #[test]
    fn any_fragmentation_gives_the_same_message(content in ".{0,60}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let bytes = content.as_bytes();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        ends.sort_unstable();
        ends.push(bytes.len());
        let mut stream = Vec::new();
        let mut start = 0;
        for (position, end) in ends.iter().enumerate() {
            let opcode = u8::from(position == 0) | if position + 1 == ends.len() { 0x80 } else { 0 };
            stream.extend(frame(opcode, &bytes[start..*end]));
            start = *end;
        }
        let (messages, _) = read_all(&mut reader(&[&stream]));
        prop_assert_eq!(messages, vec![text(&content)]);
    }
}
