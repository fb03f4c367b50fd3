//! Random texts, one after the other, as tapes: nothing panics, a tape is only made of valid JSON, whole or in parts of
//! any size, and parts leave nothing out.
#![no_main]

use arbitrary::Arbitrary;
use cycle_internal_api::json::tape::{PIECE, Recorder};
use cycle_internal_api::json::topic::topic;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    most: u16,
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
        let mut tape = Vec::new();
        let Some(parts) = in_parts.record_parts(text, &mut tape, input.most.into()) else {
            assert!(tape.is_empty());
            continue;
        };
        assert!(topic(text).is_ok(), "a tape of what is no JSON");
        let mut end = 0;
        for part in (0..).map_while(|number| parts.get(number)) {
            assert!(end < part.end && part.end <= tape.len());
            end = part.end;
            for piece in part.pieces {
                assert!(text.get(piece.clone()).is_some_and(|piece| !piece.is_empty()));
            }
        }
        assert_eq!(end, tape.len());
    }
});
