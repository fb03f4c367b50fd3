//! Reads the topic of a message from its JSON text, without building its value. The whole text is scanned all the same, since
//! invalid JSON must be reported even if nobody wants the message.

use std::borrow::Cow;

use super::error::Error;
use super::scan::{Literal, Sink, scan};

/// The same as `JSON.parse(text).topic`, if that is a string. `None` if it is not, or if `text` is not an object. A lone
/// surrogate is replaced by U+FFFD.
///
/// # Errors
/// [`Error`] when `JSON.parse` would throw.
pub fn topic(text: &str) -> Result<Option<Cow<'_, str>>, Error> {
    let mut search = Search::default();
    scan(text, &mut search)?;
    Ok(search.topic.map(|literal| {
        let inner = &text[literal.start..literal.end];
        if literal.escaped { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) }
    }))
}

/// Finds the last `topic` of the outermost object.
#[derive(Default)]
struct Search {
    topic: Option<Literal>,
    /// Whether the next value is that of `topic`.
    next: bool,
}

impl Sink for Search {
    #[inline]
    fn enter(&mut self, _object: bool) {
        self.next = false;
    }

    #[inline]
    fn leave(&mut self) {}

    #[inline]
    fn key(&mut self, bytes: &[u8], key: Literal, depth: usize) {
        self.next = depth == 1 && is_topic(&bytes[key.start..key.end], key.escaped);
        if self.next {
            self.topic = None;
        }
    }

    #[inline]
    fn string(&mut self, _bytes: &[u8], value: Literal) {
        if self.next {
            self.topic = Some(value);
        }
    }

    #[inline]
    fn number(&mut self, _literal: &[u8]) {}

    #[inline]
    fn word(&mut self, _letter: u8) {}
}

#[inline]
fn is_topic(key: &[u8], escaped: bool) -> bool {
    if escaped { str::from_utf8(key).is_ok_and(|key| unescape(key) == "topic") } else { key == b"topic" }
}

/// Resolves the escapes of a string that the scanner has accepted.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(position) = rest.find('\\') {
        let (before, escape) = rest.split_at(position);
        plain.push_str(before);
        let kind = escape.as_bytes().get(1).copied().unwrap_or_default();
        rest = escape.get(2..).unwrap_or_default();
        match kind {
            b'b' => plain.push('\u{8}'),
            b'f' => plain.push('\u{c}'),
            b'n' => plain.push('\n'),
            b'r' => plain.push('\r'),
            b't' => plain.push('\t'),
            b'u' => {
                // A surrogate pair is two escapes, so decode successive escapes together.
                units.clear();
                units.extend(code_unit(rest));
                rest = rest.get(4..).unwrap_or_default();
                while let Some(unit) = rest.strip_prefix("\\u").and_then(code_unit) {
                    units.push(unit);
                    rest = &rest[6..];
                }
                plain.extend(
                    char::decode_utf16(units.iter().copied())
                        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)),
                );
            }
            other => plain.push(char::from(other)),
        }
    }
    plain.push_str(rest);
    plain
}

fn code_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.get(..4)?, 16).ok()
}

#[cfg(test)]
#[path = "topic_tests.rs"]
mod tests;
