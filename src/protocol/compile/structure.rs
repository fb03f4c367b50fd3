//! The structure of a declaration: which keys its objects have, and of which kind their values are. It is checked
//! before the declaration is deserialised, so that errors use the names of the declaration, not serde's.

use serde_json::{Map, Value};

use crate::protocol::error::{Diagnostics, join};
use crate::protocol::names::suggestion;
use crate::protocol::param::article_of;

/// The kind of a value.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Any,
    Text,
    Flag,
    Status,
    Texts,
    /// An array of two names.
    Pair,
    List,
    Object(&'static [Key]),
    /// An object with any keys, whose values are all of this kind.
    Map(&'static Kind),
}

/// A key: its name, the kind of its value, and whether it is required.
type Key = (&'static str, Kind, bool);

const REQUIRED: bool = true;
const OPTIONAL: bool = false;

const PARAM: Kind = Kind::Object(&[
    ("type", Kind::Text, REQUIRED),
    ("description", Kind::Text, OPTIONAL),
    ("required", Kind::Flag, OPTIONAL),
    ("values", Kind::List, OPTIONAL),
    ("default", Kind::Any, OPTIONAL),
    ("env", Kind::Text, OPTIONAL),
    ("secret", Kind::Flag, OPTIONAL),
    ("example", Kind::Any, OPTIONAL),
]);

const ERROR: Kind = Kind::Object(&[
    ("status", Kind::Status, OPTIONAL),
    ("msg", Kind::Text, REQUIRED),
    ("suggestions", Kind::Texts, OPTIONAL),
    ("code", Kind::Any, OPTIONAL),
]);

/// An endpoint.
pub(super) const ENDPOINT: Kind = Kind::Object(&[
    ("path", Kind::Text, REQUIRED),
    ("params", Kind::Map(&PARAM), OPTIONAL),
    ("description", Kind::Text, REQUIRED),
    ("msg", Kind::Text, OPTIONAL),
    (
        "request",
        Kind::Object(&[
            ("method", Kind::Text, REQUIRED),
            ("authorized", Kind::Flag, OPTIONAL),
            ("body", Kind::Any, OPTIONAL),
            ("basic", Kind::Pair, OPTIONAL),
        ]),
        REQUIRED,
    ),
    (
        "response",
        Kind::Object(&[
            ("body", Kind::Any, OPTIONAL),
            ("error", Kind::Map(&ERROR), OPTIONAL),
            (
                "success",
                Kind::Object(&[("status", Kind::Any, OPTIONAL), ("msg", Kind::Text, OPTIONAL)]),
                OPTIONAL,
            ),
            ("secret", Kind::Texts, OPTIONAL),
        ]),
        OPTIONAL,
    ),
]);

/// What holds for every endpoint.
pub(super) const GLOBAL: Kind = Kind::Object(&[
    ("name", Kind::Text, OPTIONAL),
    ("description", Kind::Text, OPTIONAL),
    ("params", Kind::Map(&PARAM), OPTIONAL),
    (
        "request",
        Kind::Object(&[(
            "credential",
            Kind::Object(&[("param", Kind::Text, REQUIRED), ("header", Kind::Text, REQUIRED)]),
            OPTIONAL,
        )]),
        OPTIONAL,
    ),
    (
        "response",
        Kind::Object(&[
            ("error", Kind::Map(&ERROR), OPTIONAL),
            ("fields", Kind::Map(&Kind::Text), OPTIONAL),
            ("results", Kind::Text, OPTIONAL),
            ("shapes", Kind::Map(&Kind::Any), OPTIONAL),
        ]),
        OPTIONAL,
    ),
]);

/// Reports every part of a value that is not of the expected kind.
pub(super) fn check(value: &Value, kind: Kind, place: &str, diagnostics: &mut Diagnostics) {
    let fault = match (kind, value) {
        (Kind::Any, _)
        | (Kind::Text, Value::String(_))
        | (Kind::Flag, Value::Bool(_))
        | (Kind::List, Value::Array(_)) => return,
        (Kind::Status, value) if value.as_u64().is_some_and(|status| u16::try_from(status).is_ok()) => return,
        (Kind::Texts, Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                check(item, Kind::Text, &join(place, &format!("[{at}]")), diagnostics);
            }
            return;
        }
        (Kind::Pair, Value::Array(items)) if items.len() == 2 => {
            return check(value, Kind::Texts, place, diagnostics);
        }
        (Kind::Map(kind), Value::Object(entries)) => {
            for (name, entry) in entries {
                check(entry, *kind, &join(place, name), diagnostics);
            }
            return;
        }
        (Kind::Object(keys), Value::Object(entries)) => return check_keys(entries, keys, place, diagnostics),
        (Kind::Text, _) => "a String",
        (Kind::Flag, _) => "true or false",
        (Kind::List, _) => "an Array",
        (Kind::Status, _) => "an HTTP status such as 404",
        (Kind::Texts, _) => "an Array of Strings",
        (Kind::Pair, _) => "an Array of two names of params",
        (Kind::Map(_) | Kind::Object(_), _) => "an Object",
    };
    diagnostics.add(place, format!("must be {fault}, not {}", found(value)));
}

fn check_keys(entries: &Map<String, Value>, keys: &[Key], place: &str, diagnostics: &mut Diagnostics) {
    for (name, entry) in entries {
        let place = join(place, name);
        if let Some((_, kind, _)) = keys.iter().find(|(known, ..)| known == name) {
            check(entry, *kind, &place, diagnostics);
        } else {
            let names: Vec<&str> = keys.iter().map(|(known, ..)| *known).collect();
            let near = suggestion(name, names.iter().copied());
            diagnostics.add(place, format!("is not a known key; the keys are {}{near}", names.join(", ")));
        }
    }
    for (name, ..) in keys.iter().filter(|(name, _, required)| *required && !entries.contains_key(*name)) {
        diagnostics.add(join(place, name), "is missing");
    }
}

/// Describes a value for a message; a short string is quoted.
fn found(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() <= 40 => format!("the String {text:?}"),
        Value::Number(number) => format!("the Number {number}"),
        Value::Bool(flag) => format!("{flag}"),
        other => article_of(other).to_owned(),
    }
}
