//! Random texts, one after the other, as tapes: nothing panics, a tape is only made of valid JSON, whole or in parts of
//! any size, and no part or piece is empty.
#![no_main]

use arbitrary::Arbitrary;
use cycle_internal_api::json::tape::{PIECE, Recorder};
use cycle_internal_api::json::topic::topic;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    most: u16,
    packs: bool,
    texts: Vec<&'a str>,
}

fuzz_target!(|input: Input| {
    let mut whole = Recorder::default();
    let mut in_parts = Recorder::default();
    for text in input.texts {
        let mut tape = Vec::new();
        if text.is_ascii() && text.len() <= PIECE && whole.record(text, &mut tape) {
            assert!(topic(text).is_ok(), "a tape of what is no JSON");
            assert!(!tape.is_empty());
        }
        let Some(parts) = in_parts.record_parts(text, input.most.into(), input.packs) else { continue };
        assert!(topic(text).is_ok(), "a tape of what is no JSON");
        assert!(parts.get(0).is_some());
        for part in (0..).map_while(|number| parts.get(number)) {
            assert!(!part.words.is_empty());
            for piece in part.pieces {
                assert!(!parts.bytes(piece, text.as_bytes()).is_empty());
            }
        }
    }
});
