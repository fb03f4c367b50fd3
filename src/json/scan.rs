//! Scans JSON text in one pass, and reports its tokens to a [`Sink`].
//!
//! Accepts exactly what `JSON.parse` accepts.

use super::error::Error;

/// The position of a string, without its quotes.
#[derive(Clone, Copy)]
pub(crate) struct Literal {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether it has escapes.
    pub(crate) escaped: bool,
}

/// Receives the tokens of a text in order. It gets the tokens before an error as well.
pub(crate) trait Sink {
    /// An object (`true`) or an array begins.
    fn enter(&mut self, object: bool);
    /// The innermost object or array ends.
    fn leave(&mut self);
    /// If the sink expects a certain key next, and it is at position `at` in quotes with a colon right after it, returns the
    /// position of its value. [`Sink::key`] is not called then.
    #[inline]
    fn expected(&mut self, _bytes: &[u8], _at: usize) -> Option<usize> {
        None
    }
    /// A key. `depth` is 1 in the outermost object.
    fn key(&mut self, bytes: &[u8], key: Literal, depth: usize);
    /// A value that is a string.
    fn string(&mut self, bytes: &[u8], value: Literal);
    /// A number, given by its bytes.
    fn number(&mut self, literal: &[u8]);
    /// `true`, `false` or `null`, by its first letter.
    fn word(&mut self, letter: u8);
}

/// Scans `text` and reports its tokens to `sink`.
///
/// # Errors
/// [`Error`] when `JSON.parse` would throw.
#[inline]
pub(crate) fn scan<S: Sink>(text: &str, sink: &mut S) -> Result<(), Error> {
    Scanner { bytes: text.as_bytes(), escaped: 0, sink }.whole()
}

/// The position after invalid JSON. It is beyond every text, so each following step fails as well, and only the last one has
/// to check for it.
const FAILED: usize = usize::MAX / 2;

/// Its methods take the position where something begins, and return the position after it.
struct Scanner<'a, S> {
    bytes: &'a [u8],
    /// The number of strings with escapes so far.
    escaped: usize,
    sink: &'a mut S,
}

impl<S: Sink> Scanner<'_, S> {
    fn is(&self, at: usize, byte: u8) -> bool {
        self.bytes.get(at) == Some(&byte)
    }

    /// The position of the next byte that is not white space, and that byte; 0 at the end, which begins no token.
    #[inline]
    fn token(&self, mut at: usize) -> (usize, u8) {
        loop {
            let byte = self.bytes.get(at).copied().unwrap_or(0);
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return (at, byte);
            }
            at += 1;
        }
    }

    /// Scans the whole text, without recursion, so that deep nesting cannot overflow the stack.
    fn whole(&mut self) -> Result<(), Error> {
        let mut nesting = Nesting::default();
        // The byte that ends the innermost object or array; 0 outside of all.
        let mut end = 0;
        let mut position = 0;
        loop {
            let (mut at, byte) = self.token(position);
            match byte {
                b'"' => {
                    let (escaped, start) = (self.escaped, at + 1);
                    at = self.string(start);
                    if at < FAILED {
                        let value = Literal { start, end: at - 1, escaped: self.escaped > escaped };
                        self.sink.string(self.bytes, value);
                    }
                }
                b'{' | b'[' => {
                    nesting.enter(byte == b'{');
                    self.sink.enter(byte == b'{');
                    end = nesting.end();
                    let (inside, byte) = self.token(at + 1);
                    if byte != end {
                        position = if end == b'}' { self.key(inside, nesting.depth) } else { inside };
                        continue;
                    }
                    at = inside;
                }
                b't' => at = self.word(at, b"true"),
                b'f' => at = self.word(at, b"false"),
                b'n' => at = self.word(at, b"null"),
                _ => {
                    let start = at;
                    at = self.number(start);
                    if at < FAILED {
                        self.sink.number(&self.bytes[start..at]);
                    }
                }
            }
            // A value is complete. Continue with the object or array around it.
            position = loop {
                let (next, byte) = self.token(at);
                if end == 0 {
                    return if next == self.bytes.len() { Ok(()) } else { Err(Error) };
                }
                if byte == b',' {
                    break if end == b'}' {
                        self.key(self.token(next + 1).0, nesting.depth)
                    } else {
                        next + 1
                    };
                }
                if byte != end {
                    return Err(Error);
                }
                at = next + 1;
                nesting.leave();
                self.sink.leave();
                end = nesting.end();
            };
        }
    }

    /// Scans a key with its colon.
    #[inline]
    fn key(&mut self, at: usize, depth: usize) -> usize {
        if let Some(value) = self.sink.expected(self.bytes, at) {
            return value;
        }
        if !self.is(at, b'"') {
            return FAILED;
        }
        let escaped = self.escaped;
        let behind = self.string(at + 1);
        let (colon, byte) = self.token(behind);
        if byte != b':' {
            return FAILED;
        }
        let key = Literal { start: at + 1, end: behind - 1, escaped: self.escaped > escaped };
        self.sink.key(self.bytes, key, depth);
        colon + 1
    }

    fn word(&mut self, at: usize, word: &[u8]) -> usize {
        if !self.bytes[at..].starts_with(word) {
            return FAILED;
        }
        self.sink.word(word[0]);
        at + word.len()
    }

    fn number(&self, mut at: usize) -> usize {
        at += usize::from(self.is(at, b'-'));
        at = if self.is(at, b'0') { at + 1 } else { self.digits(at) };
        if self.is(at, b'.') {
            at = self.digits(at + 1);
        }
        if self.is(at, b'e') || self.is(at, b'E') {
            at += 1;
            at = self.digits(at + usize::from(self.is(at, b'+') || self.is(at, b'-')));
        }
        at
    }

    fn digits(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(b'0'..=b'9') = self.bytes.get(at) {
            at += 1;
        }
        if at == start { FAILED } else { at }
    }

    /// Scans a string from after its opening quote.
    #[inline]
    fn string(&mut self, start: usize) -> usize {
        let at = plain(self.bytes, start);
        if self.is(at, b'"') { at + 1 } else { self.escaped_string(at) }
    }

    /// Scans the rest of a string from its first escape.
    #[cold]
    fn escaped_string(&mut self, mut at: usize) -> usize {
        self.escaped += 1;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => return at + 1,
                Some(b'\\') => at = plain(self.bytes, self.escape(at + 1)),
                _ => return FAILED,
            }
        }
    }

    /// Scans an escape from after its backslash.
    fn escape(&self, at: usize) -> usize {
        let hexadecimal = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
        match self.bytes.get(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at + 1,
            Some(b'u') if self.bytes.get(at + 1..at + 5).is_some_and(hexadecimal) => at + 5,
            _ => FAILED,
        }
    }
}

/// Skips ordinary characters of a string. Returns the position of the next quote, backslash or control character, or of the
/// end.
#[inline]
fn plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..at + 8).and_then(<[u8]>::first_chunk) {
        let hits = specials(*chunk);
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    // Padded with zeros, which count as control characters: the first one is the end.
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    at + (specials(last).trailing_zeros() / 8) as usize
}

/// Sets the high bit of the first byte that is a quote, a backslash or a control character. Higher bits may be set wrongly.
#[inline]
fn specials(chunk: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let word = u64::from_le_bytes(chunk);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    (control | (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash)) & HIGHS
}

/// Whether `text` begins with `start`. For short texts this is faster than `starts_with`, which calls `memcmp`.
#[inline]
pub(crate) fn begins(text: &[u8], start: &[u8]) -> bool {
    let Some(text) = text.get(..start.len()) else { return false };
    match start.len() {
        0..4 => text == start,
        4..8 => {
            text.first_chunk::<4>() == start.first_chunk::<4>()
                && text.last_chunk::<4>() == start.last_chunk::<4>()
        }
        _ => {
            let (text_words, start_words) = (text.as_chunks::<8>().0, start.as_chunks::<8>().0);
            text.last_chunk::<8>() == start.last_chunk::<8>()
                && text_words.iter().zip(start_words).all(|(one, other)| one == other)
        }
    }
}

/// A stack of objects (1) and arrays (0), one bit each. Only levels beyond 64 need an allocation.
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

    /// The byte that ends the innermost one; 0 outside of all.
    fn end(&self) -> u8 {
        match (self.depth, self.bits & 1) {
            (0, _) => 0,
            (_, 0) => b']',
            _ => b'}',
        }
    }

    fn leave(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.bits = self.full.pop().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_compares_every_byte() {
        let text = b"0123456789abcdefghijklmnop";
        for length in 0..=text.len() {
            assert!(begins(text, &text[..length]));
            for changed in 0..length {
                let mut start = text[..length].to_vec();
                start[changed] ^= 1;
                assert!(!begins(text, &start), "{length} {changed}");
            }
        }
        assert!(!begins(b"abc", b"abcd"));
    }

    #[test]
    fn skipping_ends_at_the_first_special_byte_at_any_position() {
        for special in ["\"", "\\", "\u{0}", "\u{1f}"] {
            for position in 0..40 {
                let text = format!(
                    "{}{special}{special}é\u{7f}",
                    " é".repeat(14).split_at(position.min(42) / 3 * 3).0
                );
                let expected = text.find(special).unwrap();
                assert_eq!(plain(text.as_bytes(), 0), expected, "{text:?}");
            }
        }
        assert_eq!(plain("ÿ\u{80}\u{7f}!#[]^_".as_bytes(), 0), "ÿ\u{80}\u{7f}!#[]^_".len());
    }
}
