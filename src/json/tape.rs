//! A JSON text as numbers that say how to build its value; `lib/bridge/json-tape.mjs` does that.
//!
//! Each word has a [`tag`] in its lowest bits and a number in the others. A value is one of
//! - `SMALL n`, `NULL`, `TRUE`, `FALSE`;
//! - `DOUBLE`, then two words, the number's bytes;
//! - `STRING length`, then where it begins in the current piece of the text;
//! - `ESCAPED length`, then where it begins: a string with its quotes, to be parsed;
//! - `PIECE`: the next piece, whole, is the string; the current one stays;
//! - `ARRAY count`, then its values;
//! - `OBJECT shape`, then how many members follow those of the shape, the values of the shape's keys, and the other
//!   members, each as a string and a value.
//!
//! `NEXT` before a value makes the next piece of the text the current one. Strings in JavaScript that are parts of a
//! longer one keep that one in memory, which is why a long text is cut into pieces. Where those would take too much memory
//! all the same, the strings that V8 would make parts of a piece are pieces of their own, and the others, which V8 copies,
//! are packed together: then nothing of the text is kept but the strings. `MORE` before a value ends a part of
//! the tape: it goes on with the next one, and with other pieces.

use super::parts::Cutter;
pub use super::parts::{PIECE, Part, Parts, Piece};
use super::scan::{Literal, Sink, scan};
use super::shapes::{EMPTY, Node, ShapeKeys, Shapes};
use crate::bridge::wire::tag;

/// A text may have so many bytes, so that every position and count has room beside a tag.
const MAX_TEXT: usize = 1 << (32 - tag::BITS - 1);
/// Strings from this length on are parts of a longer one in V8.
const SHORTEST_SLICE: usize = 13;
/// Words that a value and its key take at most, without the values within.
const VALUE_WORDS: usize = 16;
/// Nesting that JavaScript builds by recursion.
const MAX_DEPTH: usize = 100;
/// Digits of a number that has room beside a tag.
const SMALL_DIGITS: usize = 8;

/// Reads texts that have much in common, such as all that come over one socket.
pub struct Recorder {
    shapes: Shapes,
    stack: Box<Stack>,
    /// So many texts are not tried, because that failed before.
    skip: u32,
    /// So many will be skipped after the next failure.
    penalty: u32,
}

/// Most texts that are skipped after failures in a row.
const MAX_PENALTY: u32 = 1024;

impl Default for Recorder {
    fn default() -> Self {
        Self { shapes: Shapes::new(), stack: Box::new([Open::default(); STACK]), skip: 0, penalty: 1 }
    }
}

impl Recorder {
    /// The keys of the shapes that are on the tapes.
    #[must_use]
    pub fn keys(&self) -> &ShapeKeys {
        self.shapes.keys()
    }

    /// Appends to `tape` how to build the value of `text`, which is one piece: at most [`PIECE`] bytes, all ASCII.
    /// Returns whether that was done; it is not for text that `JSON.parse` would refuse, and for what it does as fast.
    pub fn record(&mut self, text: &str, tape: &mut Vec<u32>) -> bool {
        self.run(text, tape, None)
    }

    /// The same for text of any length, in pieces, and a tape in parts of at most `most` words. `packs` tells whether the
    /// strings are handed over apart from the text.
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
            // As much memory as the text has, if not more than a text like any other needs.
            limit: before + text.len() / 3 + 16,
            members: 0,
            others: 0,
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

/// Objects and arrays whose end was not seen yet, within each other; the first is what is around the whole text. A
/// power of two, so that finding the current one takes no look at the size.
type Stack = [Open; STACK];
const STACK: usize = 128;
const _: () = assert!(MAX_DEPTH < STACK && STACK.is_power_of_two());

/// An object or array whose end was not seen yet.
#[derive(Clone, Copy, Default)]
struct Open {
    /// Where its first word is.
    header: usize,
    /// Values so far.
    count: u32,
    object: bool,
    /// The members so far, without the others; in an array those around it.
    node: Node,
    /// What most likely comes next.
    next: Node,
    /// Members behind the first one that is not remembered.
    others: u32,
}

struct Writer<'a> {
    shapes: &'a mut Shapes,
    stack: &'a mut Stack,
    depth: usize,
    tape: &'a mut Vec<u32>,
    cutter: Option<&'a mut Cutter>,
    limit: usize,
    members: u32,
    others: u32,
    failed: bool,
}

impl Writer<'_> {
    /// Members whose keys are not remembered take longer than in `JSON.parse`.
    fn is_worth_it(&self) -> bool {
        !self.failed && self.tape.len() <= self.limit && self.others <= self.members / 8
    }

    /// The innermost object or array.
    #[inline]
    fn current(&mut self) -> &mut Open {
        &mut self.stack[self.depth % STACK]
    }

    /// Where the innermost object or array is.
    #[inline]
    fn around(&self) -> &Open {
        &self.stack[self.depth.wrapping_sub(1) % STACK]
    }

    #[inline]
    fn push(&mut self, tag: u32, number: u32) {
        self.tape.push(tag | number << tag::BITS);
    }

    /// A value begins.
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
                // The current piece has no room for what is beyond ASCII.
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

/// What is not larger than a text that is not too long.
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
        *self.current() = Open { header, count: 0, object, node, next, others: 0 };
    }

    #[inline]
    fn leave(&mut self) {
        let Open { header, object, count, node, others, .. } = *self.current();
        if object {
            match self.shapes.shape(node) {
                Some(shape) => {
                    self.tape[header] = tag::OBJECT | shape << tag::BITS;
                    self.tape[header + 1] = others;
                }
                None => self.failed = true,
            }
            self.members += count;
            self.others += others;
        } else {
            self.tape[header] = tag::ARRAY | count << tag::BITS;
        }
        self.depth -= 1;
    }

    #[inline]
    fn expected(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let current = &mut self.stack[self.depth % STACK];
        if current.others > 0 {
            return None;
        }
        let length = self.shapes.match_key(current.next, bytes.get(at..)?)?;
        current.node = current.next;
        current.next = self.shapes.next(current.node);
        Some(at + length)
    }

    fn key(&mut self, bytes: &[u8], key: Literal, _depth: usize) {
        let Open { node: before, others, .. } = *self.current();
        if others == 0
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
        self.current().others += 1;
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
        // Both this and `JSON.parse` give the number that is nearest to the digits, or infinity.
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

/// A whole number of few digits; not minus zero, which is none.
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
