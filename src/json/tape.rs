//! Records a JSON text as a tape: 32-bit words that say how to build its value. `lib/bridge/json-tape.mjs` builds it.
//!
//! A word has a [`tag`] in its lowest bits and a number in the other bits. A value is one of
//! - `SMALL n`, `NULL`, `TRUE`, `FALSE`;
//! - `DOUBLE`, then two words with the bytes of the number;
//! - `STRING length`, then a word with its position in the current piece of text;
//! - `ESCAPED length`, then a word with its position: a string with quotes and escapes, which `JSON.parse` must read;
//! - `PIECE`: the string is the whole next piece of text; the current piece stays the same;
//! - `ARRAY count`, then its values;
//! - `OBJECT shape`, then a word with the number of extra keys, the values of the shape's keys, and the extra members, each a
//!   string and a value. Extra keys are those that are not part of the shape.
//!
//! `NEXT` before a value makes the next piece of text the current one. `MORE` before a value ends a part of the tape; the next
//! part has pieces of its own.
//!
//! A long text is cut into pieces because V8 makes a substring of 13 characters or more refer to the whole string, which it
//! keeps in memory. For very long texts even the pieces would take too much memory. Then such strings become pieces of their
//! own, and shorter ones, which V8 copies, are packed together, so that nothing of the text is kept but its strings.

use super::parts::Cutter;
pub use super::parts::{PIECE, Part, Parts, Piece};
use super::scan::{Literal, Sink, scan};
use super::shapes::{EMPTY, Node, ShapeKeys, Shapes};
use crate::bridge::wire::tag;

/// The longest text in bytes, so that every position and count fits beside a tag.
const MAX_TEXT: usize = 1 << (32 - tag::BITS - 1);
/// From this length on, V8 makes a substring refer to the whole string instead of copying it.
const SHORTEST_SLICE: usize = 13;
/// The most words of a value and its key, without nested values.
const VALUE_WORDS: usize = 16;
/// The deepest nesting. JavaScript builds the value by recursion.
const MAX_DEPTH: usize = 100;
/// The most digits of an integer that fits beside a tag.
const SMALL_DIGITS: usize = 8;

/// Records texts that have shapes in common, such as those of one socket.
pub struct Recorder {
    shapes: Shapes,
    stack: Box<Stack>,
    /// The number of texts to skip, because earlier ones were not worth a tape.
    skip: u32,
    /// The number of texts to skip after the next one that is not worth a tape.
    penalty: u32,
}

/// The most texts that are skipped in a row.
const MAX_PENALTY: u32 = 1024;

impl Default for Recorder {
    fn default() -> Self {
        Self { shapes: Shapes::new(), stack: Box::new([Open::default(); STACK]), skip: 0, penalty: 1 }
    }
}

impl Recorder {
    /// The keys of the shapes on the tapes.
    #[must_use]
    pub fn keys(&self) -> &ShapeKeys {
        self.shapes.keys()
    }

    /// Appends the tape of `text`, which must be ASCII of at most [`PIECE`] bytes. Returns `false`, and appends nothing, for
    /// invalid JSON and for text that `JSON.parse` reads as fast.
    pub fn record(&mut self, text: &str, tape: &mut Vec<u32>) -> bool {
        self.run(text, tape, None)
    }

    /// Like [`Recorder::record`] for any text, with a tape in parts of at most `most` words. `packs` says whether to separate
    /// the strings from the text. `None` instead of `false`.
    pub fn record_parts(&mut self, text: &str, most: usize, packs: bool) -> Option<Parts> {
        let mut tape = Vec::new();
        let most = most.saturating_sub(VALUE_WORDS).max(VALUE_WORDS);
        let mut cutter = Cutter::new(text.is_ascii(), packs, most);
        if !self.run(text, &mut tape, Some(&mut cutter)) {
            return None;
        }
        Some(cutter.finish(tape))
    }

    fn run(&mut self, text: &str, tape: &mut Vec<u32>, cutter: Option<&mut Cutter>) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        let before = tape.len();
        self.stack[0] = Open::default();
        let mut writer = Writer {
            shapes: &mut self.shapes,
            stack: &mut self.stack,
            depth: 0,
            tape,
            cutter,
            // Ordinary texts need fewer words. This is a little more than the memory of the text.
            limit: before + text.len() / 3 + 16,
            members: 0,
            extra_keys: 0,
            failed: text.len() > MAX_TEXT,
        };
        if scan(text, &mut writer).is_ok() && writer.is_worth_it() {
            self.penalty = 1;
            return true;
        }
        tape.truncate(before);
        self.skip = self.penalty;
        self.penalty = (self.penalty * 2).min(MAX_PENALTY);
        false
    }
}

/// The open objects and arrays, outermost first, after an entry for the text itself. The size is a power of two, so that
/// indexing needs no bounds check.
type Stack = [Open; STACK];
const STACK: usize = 128;
const _: () = assert!(MAX_DEPTH < STACK && STACK.is_power_of_two());

/// An object or array that has not ended yet.
#[derive(Clone, Copy, Default)]
struct Open {
    /// The position of its first word.
    header: usize,
    /// The number of values so far.
    count: u32,
    object: bool,
    /// The keys so far, without extra ones; for an array those of the object around it.
    node: Node,
    /// The key that is expected next.
    next: Node,
    /// The number of extra keys: the first key that the tree does not have, and all that follow.
    extra_keys: u32,
}

struct Writer<'a> {
    shapes: &'a mut Shapes,
    stack: &'a mut Stack,
    depth: usize,
    tape: &'a mut Vec<u32>,
    cutter: Option<&'a mut Cutter>,
    limit: usize,
    members: u32,
    extra_keys: u32,
    failed: bool,
}

impl Writer<'_> {
    /// Whether the tape is faster than `JSON.parse`. It is slower with many extra keys.
    fn is_worth_it(&self) -> bool {
        !self.failed && self.tape.len() <= self.limit && self.extra_keys <= self.members / 8
    }

    /// The innermost object or array.
    #[inline]
    fn current(&mut self) -> &mut Open {
        &mut self.stack[self.depth % STACK]
    }

    /// The object or array around the innermost one.
    #[inline]
    fn around(&self) -> &Open {
        &self.stack[self.depth.wrapping_sub(1) % STACK]
    }

    #[inline]
    fn push(&mut self, tag: u32, number: u32) {
        self.tape.push(tag | number << tag::BITS);
    }

    /// Called at the beginning of a value.
    #[inline]
    fn value(&mut self) {
        self.current().count += 1;
        if let Some(cutter) = &mut self.cutter {
            cutter.cut(self.tape);
        }
    }

    #[inline]
    fn text(&mut self, bytes: &[u8], literal: Literal) {
        let length = literal.end - literal.start;
        let Some(cutter) = &mut self.cutter else {
            let (tag, start, length) = if literal.escaped {
                (tag::ESCAPED, literal.start - 1, length + 2)
            } else {
                (tag::STRING, literal.start, length)
            };
            self.push(tag, word(length));
            self.tape.push(word(start));
            return;
        };
        if length == 0 {
            self.push(tag::STRING, 0);
            self.tape.push(0);
            return;
        }
        let string = literal.start..literal.end;
        if literal.escaped {
            cutter.open = None;
            cutter.pieces.push(Piece::Text(literal.start - 1..literal.end + 1));
            self.push(tag::NEXT, 0);
            self.push(tag::ESCAPED, word(length + 2));
            self.tape.push(0);
        } else if (cutter.packs && length >= SHORTEST_SLICE)
            || !(cutter.ascii || bytes[string.clone()].is_ascii())
        {
            if !cutter.packs {
                // Pieces of several strings must be ASCII.
                cutter.open = None;
            }
            cutter.pieces.push(Piece::Text(string));
            self.push(tag::PIECE, 0);
        } else {
            let start = cutter.add(bytes, string).unwrap_or_else(|| {
                self.tape.push(tag::NEXT);
                0
            });
            self.push(tag::STRING, word(length));
            self.tape.push(word(start));
        }
    }
}

/// Converts a number that is at most [`MAX_TEXT`].
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "MAX_TEXT is the limit of all positions")]
fn word(number: usize) -> u32 {
    number as u32
}

impl Sink for Writer<'_> {
    #[inline]
    fn enter(&mut self, object: bool) {
        self.value();
        let header = self.tape.len();
        let around = self.current().node;
        self.depth += 1;
        self.failed |= self.depth > MAX_DEPTH || header > self.limit;
        self.tape.push(0);
        let (node, next) = if object {
            self.tape.push(0);
            (EMPTY, self.shapes.inner(around))
        } else {
            (around, EMPTY)
        };
        *self.current() = Open { header, count: 0, object, node, next, extra_keys: 0 };
    }

    #[inline]
    fn leave(&mut self) {
        let Open { header, object, count, node, extra_keys, .. } = *self.current();
        if object {
            match self.shapes.shape(node) {
                Some(shape) => {
                    self.tape[header] = tag::OBJECT | shape << tag::BITS;
                    self.tape[header + 1] = extra_keys;
                }
                None => self.failed = true,
            }
            self.members += count;
            self.extra_keys += extra_keys;
        } else {
            self.tape[header] = tag::ARRAY | count << tag::BITS;
        }
        self.depth -= 1;
    }

    #[inline]
    fn expected(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let current = &mut self.stack[self.depth % STACK];
        if current.extra_keys > 0 {
            return None;
        }
        let length = self.shapes.match_key(current.next, bytes.get(at..)?)?;
        current.node = current.next;
        current.next = self.shapes.next(current.node);
        Some(at + length)
    }

    fn key(&mut self, bytes: &[u8], key: Literal, _depth: usize) {
        let Open { node: before, extra_keys, .. } = *self.current();
        if extra_keys == 0
            && !key.escaped
            && let Some(node) = self.shapes.step(before, &bytes[key.start..key.end])
        {
            if before == EMPTY {
                let around = self.around().node;
                self.shapes.set_inner(around, node);
            }
            let next = self.shapes.next(node);
            let current = self.current();
            current.node = node;
            current.next = next;
            return;
        }
        self.current().extra_keys += 1;
        self.text(bytes, key);
    }

    #[inline]
    fn string(&mut self, bytes: &[u8], value: Literal) {
        self.value();
        self.text(bytes, value);
    }

    #[inline]
    fn number(&mut self, literal: &[u8]) {
        self.value();
        if let Some(small) = small(literal) {
            self.push(tag::SMALL, small.cast_unsigned());
            return;
        }
        // Rust and `JSON.parse` both return the nearest double, or infinity.
        let Some(double) = str::from_utf8(literal).ok().and_then(|digits| digits.parse::<f64>().ok()) else {
            self.failed = true;
            return;
        };
        self.push(tag::DOUBLE, 0);
        let bytes = double.to_ne_bytes();
        let halves = bytes.as_chunks().0;
        self.tape.extend(halves.iter().map(|half| u32::from_ne_bytes(*half)));
    }

    #[inline]
    fn word(&mut self, letter: u8) {
        self.value();
        self.push(
            match letter {
                b't' => tag::TRUE,
                b'f' => tag::FALSE,
                _ => tag::NULL,
            },
            0,
        );
    }
}

/// Parses an integer of few digits. `None` for other numbers, and for -0, which is a double.
#[inline]
fn small(literal: &[u8]) -> Option<i32> {
    let (digits, negative) = match literal {
        [b'-', digits @ ..] => (digits, true),
        digits => (digits, false),
    };
    if digits.len() > SMALL_DIGITS || (negative && digits == b"0") {
        return None;
    }
    let number = digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0')))?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
