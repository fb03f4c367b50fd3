//! Reading the topic of a message out of its JSON text without building the message.
//!
//! The scanner accepts exactly what `JSON.parse` accepts, so it can tell a message without a wanted topic, which may
//! be dropped, from text that is no JSON, which may not.

use std::borrow::Cow;

use thiserror::Error;

/// The text is no JSON.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the message is no JSON")]
pub struct Malformed;

/// The value of `topic` in the object that `text` is, as `JSON.parse(text).topic` would give it: the last one when the
/// key comes twice. `None` when there is none, when it is no string, or when the text is no object.
///
/// A lone surrogate in the topic comes out as U+FFFD.
///
/// # Errors
/// [`Malformed`] when `JSON.parse` would throw.
pub fn topic(text: &str) -> Result<Option<Cow<'_, str>>, Malformed> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0 };
    scanner.space();
    let found = if scanner.peek() == Some(b'{') {
        scanner.root_object()?
    } else {
        scanner.value()?;
        None
    };
    scanner.space();
    if scanner.at < scanner.bytes.len() {
        return Err(Malformed);
    }
    Ok(found.map(Literal::decode))
}

/// A string of the text, between its quotes.
#[derive(Clone, Copy)]
struct Literal<'a> {
    text: &'a str,
    escaped: bool,
}

impl<'a> Literal<'a> {
    fn is(self, name: &str) -> bool {
        if self.escaped { self.decode() == name } else { self.text == name }
    }

    fn decode(self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(unescape(self.text)) } else { Cow::Borrowed(self.text) }
    }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.eat(byte) { Ok(()) } else { Err(Malformed) }
    }

    /// The outermost object; gives the last string that stands under `topic`.
    fn root_object(&mut self) -> Result<Option<Literal<'a>>, Malformed> {
        let mut found = None;
        self.expect(b'{')?;
        self.space();
        if self.eat(b'}') {
            return Ok(None);
        }
        loop {
            let key = self.key()?;
            if !key.is("topic") {
                self.value()?;
            } else if self.peek() == Some(b'"') {
                found = Some(self.string()?);
            } else {
                found = None;
                self.value()?;
            }
            self.space();
            if self.eat(b'}') {
                return Ok(found);
            }
            self.expect(b',')?;
            self.space();
        }
    }

    /// A key, its colon and the space around them.
    fn key(&mut self) -> Result<Literal<'a>, Malformed> {
        let key = self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Ok(key)
    }

    /// Any value. Nested ones are counted, not recursed into, so depth costs no stack.
    fn value(&mut self) -> Result<(), Malformed> {
        let mut nesting = Nesting::default();
        loop {
            match self.peek().ok_or(Malformed)? {
                b'"' => drop(self.string()?),
                b'{' => {
                    self.at += 1;
                    self.space();
                    if !self.eat(b'}') {
                        nesting.enter(true);
                        self.key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.space();
                    if !self.eat(b']') {
                        nesting.enter(false);
                        continue;
                    }
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => self.number()?,
            }
            // A value is complete: go on with what it is in.
            loop {
                let Some(in_object) = nesting.innermost() else { return Ok(()) };
                self.space();
                if self.eat(b',') {
                    self.space();
                    if in_object {
                        self.key()?;
                    }
                    break;
                }
                self.expect(if in_object { b'}' } else { b']' })?;
                nesting.leave();
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Malformed> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(Malformed);
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(Malformed) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<Literal<'a>, Malformed> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain_run(&self.bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    let literal = Literal { text: &self.text[start..self.at], escaped };
                    self.at += 1;
                    return Ok(literal);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(Malformed),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        self.at += 2;
        match self.bytes.get(self.at - 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => {
                let digits = self.bytes.get(self.at..self.at + 4).ok_or(Malformed)?;
                self.at += 4;
                if digits.iter().all(u8::is_ascii_hexdigit) { Ok(()) } else { Err(Malformed) }
            }
            _ => Err(Malformed),
        }
    }
}

/// How many bytes from the start belong to a string as they are: no quote, no backslash, no control character.
/// Eight bytes are looked at in one step.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let mut run = 0;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut eight = [0; 8];
        eight.copy_from_slice(chunk);
        let word = u64::from_le_bytes(eight);
        // Each term has the high bit of the first byte that is below the bound, or zero, set; bits above it may lie.
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        let hits =
            (control | (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash))
                & HIGHS;
        if hits != 0 {
            return run + (hits.trailing_zeros() / 8) as usize;
        }
        run += 8;
    }
    let rest = chunks.remainder();
    run + rest.iter().position(|byte| matches!(byte, 0..=0x1f | b'"' | b'\\')).unwrap_or(rest.len())
}

/// A stack of objects (true) and arrays (false), one bit each. Only what is deeper than 64 needs memory.
#[derive(Default)]
struct Nesting {
    bits: u64,
    depth: usize,
    full: Vec<u64>,
}

impl Nesting {
    fn enter(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.full.push(self.bits);
        }
        self.bits = (self.bits << 1) | u64::from(object);
        self.depth += 1;
    }

    fn innermost(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.bits & 1 == 1)
    }

    fn leave(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.bits = self.full.pop().unwrap_or_default();
        }
    }
}

/// Resolves the escapes of a string that was scanned before.
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
                // Surrogate pairs are two escapes in a row, so a row is decoded as a whole.
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
#[path = "scan_tests.rs"]
mod tests;
