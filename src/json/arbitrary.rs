//! Arbitrary JSON for property tests.

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::Value;

/// Any value. Keys are often `topic`.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![3 => Just("topic".to_owned()), 2 => "[a-z]{0,9}", 1 => any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z]{1,8}(\\.[a-z]{1,8}){0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|pairs| pairs.into_iter().collect()),
        ]
    })
}

fn any_space() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,3}"
}

/// An object as text, with duplicate keys, random escapes and white space.
pub(super) fn any_message() -> impl Strategy<Value = String> {
    let member = (
        prop_oneof![2 => Just("topic".to_owned()), 1 => "[a-z]{0,6}", 1 => any::<String>()],
        any_json(),
        any_space(),
        any_space(),
        any::<u64>(),
    );
    (prop::collection::vec(member, 0..6), any_space()).prop_map(|(members, space)| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value, before, after, escapes)| {
                let value = match value {
                    Value::String(text) => written(&text, escapes.rotate_left(7)),
                    other => serde_json::to_string_pretty(&other).unwrap(),
                };
                format!("{before}{}{after}:{before}{value}{after}", written(&key, escapes))
            })
            .collect();
        format!("{space}{{{}}}{space}", if members.is_empty() { space.clone() } else { members.join(",") })
    })
}

/// Writes a JSON string. Characters whose bit is set are escaped.
fn written(text: &str, bits: u64) -> String {
    let mut out = String::from('"');
    for (position, character) in text.chars().enumerate() {
        let must = matches!(character, '"' | '\\') || character < ' ';
        if must || (bits >> (position % 64)) & 1 == 1 {
            for unit in character.encode_utf16(&mut [0; 2]) {
                if bits & 1 == 1 { write!(out, "\\u{unit:04x}") } else { write!(out, "\\u{unit:04X}") }
                    .unwrap();
            }
        } else {
            out.push(character);
        }
    }
    out.push('"');
    out
}
