//! Cuts a long text into pieces, and its tape into parts.

use std::ops::Range;

use crate::bridge::wire::tag;

/// The most bytes of a piece, unless it is a single string. A text of at most this length is one piece.
pub const PIECE: usize = 1024;

/// About the most pieces of a part.
pub(super) const PART_PIECES: usize = 1000;

/// A tape in parts, and the pieces of text that they refer to.
#[derive(Debug, Default)]
pub struct Parts {
    pub(super) tape: Vec<u32>,
    pub(super) pieces: Vec<Piece>,
    /// Packed short strings, one after the other.
    pub(super) packed: Vec<u8>,
    /// The end of each part: its position on the tape and among the pieces.
    pub(super) ends: Vec<(usize, usize)>,
}

/// A piece of text: ASCII, or a single string. Given by its range of bytes.
#[derive(Debug)]
pub enum Piece {
    /// A range of the text.
    Text(Range<usize>),
    /// A range of the packed strings.
    Packed(Range<usize>),
}

/// A part of a tape.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its words.
    pub words: &'a [u32],
    /// The pieces that it refers to, in order.
    pub pieces: &'a [Piece],
}

impl Parts {
    /// The part with this number, counted from 0.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Part<'_>> {
        let end = self.ends.get(number)?;
        let start = number.checked_sub(1).map_or((0, 0), |before| self.ends[before]);
        Some(Part { words: &self.tape[start.0..end.0], pieces: &self.pieces[start.1..end.1] })
    }

    /// The bytes of a piece. `text` is the text that the tape was recorded from.
    #[must_use]
    pub fn bytes<'a>(&'a self, piece: &Piece, text: &'a [u8]) -> &'a [u8] {
        match piece {
            Piece::Text(range) => &text[range.clone()],
            Piece::Packed(range) => &self.packed[range.clone()],
        }
    }
}

/// Cuts a text into pieces, and its tape into parts.
pub(super) struct Cutter {
    /// Whether the whole text is ASCII.
    pub(super) ascii: bool,
    /// Whether long strings become pieces of their own, and short ones are packed.
    pub(super) packs: bool,
    /// The current piece, if it may grow.
    pub(super) open: Option<usize>,
    packed: Vec<u8>,
    /// The most words of a part.
    most: usize,
    /// The start of the current part: its position on the tape and among the pieces.
    start: (usize, usize),
    pub(super) pieces: Vec<Piece>,
    ends: Vec<(usize, usize)>,
}

impl Cutter {
    /// Begins a text. A part ends after `most` words.
    pub(super) fn new(ascii: bool, packs: bool, most: usize) -> Self {
        Self {
            ascii,
            packs,
            open: None,
            packed: Vec::new(),
            most,
            start: (0, 0),
            pieces: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Ends the last part and returns all of them.
    pub(super) fn finish(mut self, tape: Vec<u32>) -> Parts {
        self.ends.push((tape.len(), self.pieces.len()));
        Parts { tape, pieces: self.pieces, packed: self.packed, ends: self.ends }
    }

    /// Adds a string to the current piece and returns its position there, or `None` if it begins a new piece.
    #[inline]
    pub(super) fn add(&mut self, bytes: &[u8], string: Range<usize>) -> Option<usize> {
        let piece = if self.packs {
            let start = self.packed.len();
            self.packed.extend_from_slice(&bytes[string]);
            Piece::Packed(start..self.packed.len())
        } else {
            Piece::Text(string)
        };
        if let Some(open) = self.open
            && let (Piece::Text(current), Piece::Text(added)) | (Piece::Packed(current), Piece::Packed(added)) =
                (&mut self.pieces[open], &piece)
            && added.end - current.start <= PIECE
        {
            current.end = added.end;
            return Some(added.start - current.start);
        }
        self.open = Some(self.pieces.len());
        self.pieces.push(piece);
        None
    }

    /// Called before a value: ends the current part if it is long.
    #[inline]
    pub(super) fn cut(&mut self, tape: &mut Vec<u32>) {
        if tape.len() - self.start.0 >= self.most || self.pieces.len() - self.start.1 >= PART_PIECES {
            tape.push(tag::MORE);
            self.open = None;
            self.start = (tape.len(), self.pieces.len());
            self.ends.push(self.start);
        }
    }
}
