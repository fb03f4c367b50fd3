use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::arbitrary::{any_json, any_message};
use super::super::parts::PART_PIECES;
use super::*;

/// Builds the value, as `lib/bridge/json-tape.mjs` does.
struct Builder<'a> {
    tape: &'a [u32],
    at: usize,
    parts: Option<&'a Parts>,
    /// The number of parts begun.
    begun: usize,
    pieces: std::slice::Iter<'a, Piece>,
    whole: &'a str,
    piece: &'a str,
    keys: &'a ShapeKeys,
}

impl<'a> Builder<'a> {
    fn word(&mut self) -> u32 {
        self.at += 1;
        self.tape[self.at - 1]
    }

    fn next_part(&mut self) {
        let parts = self.parts.expect("a tape in parts");
        if self.begun > 0 {
            assert_eq!(self.at, self.tape.len(), "the last part is used");
            assert_eq!(self.pieces.len(), 0, "all its pieces are used");
        }
        let part = parts.get(self.begun).expect("a part");
        (self.tape, self.at) = (part.words, 0);
        self.pieces = part.pieces.iter();
        self.begun += 1;
    }

    fn next_piece(&mut self) {
        self.piece = self.take_piece();
    }

    fn take_piece(&mut self) -> &'a str {
        let piece = self.pieces.next().expect("a piece");
        let bytes = self.parts.expect("a tape in parts").bytes(piece, self.whole.as_bytes());
        str::from_utf8(bytes).expect("a piece is text")
    }

    fn value(&mut self) -> Value {
        let word = self.word();
        let number = word >> tag::BITS;
        let part = |builder: &mut Self| {
            let start = builder.word() as usize;
            builder.piece[start..start + number as usize].to_owned()
        };
        match word & tag::MASK {
            tag::STRING => part(self).into(),
            tag::ESCAPED => serde_json::from_str(&part(self)).expect("a string"),
            tag::PIECE => self.take_piece().into(),
            tag::NEXT => {
                self.next_piece();
                self.value()
            }
            tag::MORE => {
                self.next_part();
                self.value()
            }
            tag::SMALL => (word.cast_signed() >> tag::BITS).into(),
            tag::NULL => Value::Null,
            tag::TRUE => true.into(),
            tag::FALSE => false.into(),
            tag::DOUBLE => {
                let mut bytes = [0; 8];
                bytes[..4].copy_from_slice(&self.word().to_ne_bytes());
                bytes[4..].copy_from_slice(&self.word().to_ne_bytes());
                f64::from_ne_bytes(bytes).into()
            }
            tag::ARRAY => (0..number).map(|_| self.value()).collect(),
            tag::OBJECT => {
                let extra_keys = self.word();
                let mut object = Map::new();
                for key in self.keys.of(number) {
                    object.insert(key, self.value());
                }
                for _ in 0..extra_keys {
                    let key = self.value();
                    object.insert(key.as_str().expect("a key").into(), self.value());
                }
                object.into()
            }
            other => panic!("no tag: {other}"),
        }
    }
}

fn build(text: &str, tape: &[u32], parts: Option<&Parts>, keys: &ShapeKeys) -> Value {
    let piece = if parts.is_some() { "" } else { text };
    let mut builder = Builder { tape, at: 0, parts, begun: 0, pieces: [].iter(), whole: text, piece, keys };
    if parts.is_some() {
        builder.next_part();
    }
    let value = builder.value();
    assert_eq!((builder.at, builder.pieces.len()), (builder.tape.len(), 0), "all is used");
    if let Some(parts) = parts {
        assert!(parts.get(builder.begun).is_none(), "all parts are used");
    }
    value
}

/// Records a text as a tape in parts of at most `most` words, and builds its value. `None` when there is no tape.
fn recorded_in_parts(recorder: &mut Recorder, text: &str, most: usize, packs: bool) -> Option<Value> {
    recorder.skip = 0;
    let parts = recorder.record_parts(text, most, packs)?;
    for part in (0..).map_while(|number| parts.get(number)) {
        assert!(part.words.len() <= most.max(2 * VALUE_WORDS));
        for piece in part.pieces {
            let piece = str::from_utf8(parts.bytes(piece, text.as_bytes())).expect("a piece is text");
            assert!(piece.len() <= PIECE || piece.matches('"').count() < 3);
        }
    }
    Some(build(text, &[], Some(&parts), recorder.keys()))
}

fn recorded(recorder: &mut Recorder, text: &str) -> Option<Value> {
    recorded_in_parts(recorder, text, 16_384, false)
}

/// The same for a text of one piece.
fn recorded_whole(recorder: &mut Recorder, text: &str) -> Option<Value> {
    let mut tape = Vec::new();
    recorder.skip = 0;
    recorder.record(text, &mut tape).then(|| build(text, &tape, None, recorder.keys()))
}

/// Parses a text with all numbers as doubles, as in JavaScript.
fn parsed(text: &str) -> Value {
    fn doubles(value: Value) -> Value {
        match value {
            Value::Number(number) => {
                let double = number.as_f64().unwrap();
                #[allow(clippy::cast_possible_truncation, reason = "tested")]
                let small = double as i32;
                if f64::from(small).to_bits() == double.to_bits() && small.abs() < 100_000_000 {
                    small.into()
                } else {
                    double.into()
                }
            }
            Value::Array(values) => values.into_iter().map(doubles).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(key, value)| (key, doubles(value))).collect::<Map<_, _>>().into()
            }
            other => other,
        }
    }
    doubles(serde_json::from_str(text).unwrap())
}

/// Compares values. An integer may be written with a fraction, and is a double on the tape then.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().unwrap().to_bits() == other.as_f64().unwrap().to_bits()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && same(one.1, other.1))
        }
        _ => one == other,
    }
}

fn notification(number: u32) -> String {
    json!({
        "topic": "container.instance.state.changed",
        "object": { "id": format!("{number:024x}"), "state": "running", "state_previous": null },
        "context": { "label": "a b", "containers": ["c1", format!("{number}")], "environments": [] },
        "flags": {},
        "at": f64::from(number) * 1e9,
        "n": number,
        "deleted": false,
        "public": true,
    })
    .to_string()
}

#[test]
fn a_message_becomes_its_value() {
    let mut recorder = Recorder::default();
    for number in 0..50 {
        let text = notification(number);
        let expected = parsed(&text);
        assert!(same(&recorded_whole(&mut recorder, &text).unwrap(), &expected), "{text}");
        assert!(same(&recorded(&mut recorder, &text).unwrap(), &expected), "{text}");
    }
    assert_eq!(recorder.keys().of(4).len(), 0, "only four shapes");
}

#[test]
fn scalars_alone() {
    let mut recorder = Recorder::default();
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0",
        "7",
        "-7",
        "99999999",
        "-99999999",
        "100000000",
        "1e3",
        "0.1",
        "1E-7",
        "5e-324",
        "1.7976931348623157e308",
        "123456789012345678901234567890",
        "\"\"",
        "\"a\"",
        "\"\\n\"",
        "[]",
        "{}",
        " [ ] ",
        "[[],[{}]]",
    ] {
        let expected = parsed(text);
        assert!(same(&recorded(&mut recorder, text).unwrap(), &expected), "{text}");
        assert!(same(&recorded_whole(&mut recorder, text).unwrap(), &expected), "{text}");
    }
}

#[test]
fn numbers_beyond_doubles_are_infinite() {
    let mut tape = Vec::new();
    assert!(Recorder::default().record("-1e999", &mut tape));
    let double =
        f64::from_ne_bytes([tape[1].to_ne_bytes(), tape[2].to_ne_bytes()].concat().try_into().unwrap());
    assert!(double.is_infinite() && double.is_sign_negative());
}

#[test]
fn keys_that_are_not_remembered_follow_as_members() {
    let mut recorder = Recorder::default();
    let padding = (0..20).map(|number| format!(r#"{{"id":{number}}}"#)).collect::<Vec<_>>().join(",");
    for object in [
        r#"{"a":1,"__proto__":2,"b":3}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":{"x":1},"b":1,"a":{"y":2}}"#,
        r#"{"1":1,"0":2}"#,
        r#"{"":1}"#,
        r#"{"\u0061":1,"a":2}"#,
        r#"{"é":1}"#,
    ] {
        let text = format!("[{object},{padding}]");
        assert!(same(&recorded(&mut recorder, &text).unwrap(), &parsed(&text)), "{text}");
    }
}

#[test]
fn a_text_of_such_keys_alone_is_left_to_the_parser() {
    let mut recorder = Recorder::default();
    assert_eq!(recorded(&mut recorder, r#"{"1":1,"2":2}"#), None);
    assert!(recorded(&mut recorder, r#"{"a":1,"b":2}"#).is_some());
}

#[test]
fn what_is_no_json_is_left_to_the_parser() {
    let mut recorder = Recorder::default();
    let text = notification(1);
    for end in 0..text.len() {
        assert_eq!(recorded(&mut recorder, &text[..end]), None, "{}", &text[..end]);
    }
    assert_eq!(recorded(&mut recorder, &format!("{text},")), None);
}

#[test]
fn deep_nesting_and_long_lists_of_numbers_are_left_to_the_parser() {
    let mut recorder = Recorder::default();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(recorded(&mut recorder, &nested(30)).is_some());
    let long = format!(r#"{{"a":{},"b":"{}"}}"#, nested(MAX_DEPTH - 1), "x".repeat(1000));
    assert!(recorded(&mut recorder, &long).is_some());
    let longer = format!(r#"{{"a":{},"b":"{}"}}"#, nested(MAX_DEPTH), "x".repeat(1000));
    assert_eq!(recorded(&mut recorder, &longer), None);
    assert_eq!(recorded(&mut recorder, &format!("[{}1]", "1,".repeat(1000))), None);
}

#[test]
fn failures_in_a_row_are_tried_less_and_less() {
    let mut recorder = Recorder::default();
    let mut tape = Vec::new();
    let mut tried = 0;
    for _ in 0..100_000 {
        tried += u32::from(recorder.skip == 0);
        assert!(!recorder.record("no JSON", &mut tape));
    }
    assert!(tried < 120, "{tried}");
    let later = (0..=MAX_PENALTY).position(|_| recorder.record("[]", &mut tape));
    assert!(later.is_some());
    assert!(recorder.record("[]", &mut tape));
}

#[test]
fn pieces_stay_small_and_long_strings_stay_alone() {
    let long = "x".repeat(5000);
    let items: Vec<_> =
        (0..5000).map(|n| json!({ "id": format!("{n:024x}"), "note": "é", "n": n })).collect();
    let text = json!({ "data": items, "long": long, "last": "z" }).to_string();
    for text in [&text, &text.replace('é', "e")] {
        let mut recorder = Recorder::default();
        let parts = recorder.record_parts(text, 16_384, false).unwrap();
        let pieces: Vec<_> = parts.pieces.iter().map(|piece| parts.bytes(piece, text.as_bytes())).collect();
        assert_eq!(pieces.iter().filter(|piece| piece.len() > PIECE).count(), 1);
        assert!(pieces.iter().all(|piece| text.is_ascii() || *piece == "é".as_bytes() || piece.is_ascii()));
        if text.is_ascii() {
            assert!(parts.pieces.len() < text.len() / PIECE * 3 / 2, "{}", parts.pieces.len());
        }
        assert!(same(&build(text, &[], Some(&parts), recorder.keys()), &parsed(text)));
    }
}

#[test]
fn strings_may_be_handed_over_apart_from_the_text() {
    let items: Vec<_> = (0..2000)
        .map(|n| {
            json!({ "id": format!("{n:024x}"), "n": format!("#{n}"), "list": ["é", "short", "a\nb", "", n] })
        })
        .collect();
    let text = json!({ "data": items, "last": "z" }).to_string();
    for text in [&text, &text.replace('é', "e")] {
        let mut recorder = Recorder::default();
        let parts = recorder.record_parts(text, 16_384, true).unwrap();
        let is_id = |piece: &&Piece| matches!(piece, Piece::Text(range) if range.len() == 24);
        assert_eq!(parts.pieces.iter().filter(is_id).count(), 2000);
        let is_packed = |piece: &&Piece| matches!(piece, Piece::Packed(_));
        let packed = parts.pieces.iter().filter(is_packed).count();
        // A string with an escape is a piece of the text, and ends the current piece.
        assert!((2000..2020).contains(&packed), "{packed}");
        assert!(parts.packed.len() < text.len() / 4, "keys are not packed");
        assert!(same(&build(text, &[], Some(&parts), recorder.keys()), &parsed(text)));
    }
}

#[test]
fn a_part_has_few_pieces_however_long_they_are() {
    let strings: Vec<_> = (0..5000).map(|_| "x".repeat(PIECE)).collect();
    let text = json!(strings).to_string();
    let mut recorder = Recorder::default();
    let parts = recorder.record_parts(&text, 16_384, false).unwrap();
    assert!((0..).map_while(|number| parts.get(number)).all(|part| part.pieces.len() <= PART_PIECES + 1));
    assert!(same(&recorded(&mut recorder, &text).unwrap(), &parsed(&text)));
}

#[test]
fn parts_may_be_short() {
    let mut recorder = Recorder::default();
    let text = format!("[{},{},1,2,3,{}]", notification(1), "{\"0\":1.5}", notification(2));
    for most in [0, 32, 33, 40, 50, 100] {
        assert!(
            same(&recorded_in_parts(&mut recorder, &text, most, false).unwrap(), &parsed(&text)),
            "{most}"
        );
        assert!(
            same(&recorded_in_parts(&mut recorder, &text, most, true).unwrap(), &parsed(&text)),
            "{most}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_a_full_parse(messages in prop::collection::vec(any_message(), 1..4)) {
        let mut recorder = Recorder::default();
        for message in &messages {
            let expected = parsed(message);
            if let Some(value) = recorded(&mut recorder, message) {
                prop_assert!(same(&value, &expected), "{}", message);
            }
            for packs in [false, true] {
                if let Some(value) = recorded_in_parts(&mut recorder, message, 32, packs) {
                    prop_assert!(same(&value, &expected), "{}", message);
                }
            }
            if message.is_ascii() && let Some(value) = recorded_whole(&mut recorder, message) {
                prop_assert!(same(&value, &expected), "{}", message);
            }
        }
    }

    #[test]
    fn agrees_on_lists_of_anything(values in prop::collection::vec(any_json(), 0..20)) {
        let text = Value::from(values).to_string();
        let mut recorder = Recorder::default();
        for packs in [false, true] {
            if let Some(value) = recorded_in_parts(&mut recorder, &text, 16_384, packs) {
                prop_assert!(same(&value, &parsed(&text)), "{}", text);
            }
        }
    }

    #[test]
    fn never_panics(texts in prop::collection::vec(any::<String>(), 0..8)) {
        let mut recorder = Recorder::default();
        for text in texts {
            let _ = recorded(&mut recorder, &text);
        }
    }
}
