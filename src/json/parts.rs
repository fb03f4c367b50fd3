//! Long tapes in parts, each with the pieces of the text that it is about.

use std::ops::Range;

use crate::bridge::wire::tag;

/// A text of up to so many bytes is one piece; a piece of a longer one has at most as many, unless it is one string.
pub const PIECE: usize = 1024;

/// A part of a tape has at most about as many pieces.
pub(super) const PART_PIECES: usize = 1000;

/// A tape in parts.
#[derive(Debug, Default)]
pub struct Parts {
    pub(super) tape: Vec<u32>,
    pub(super) pieces: Vec<Piece>,
    /// Short strings, one behind the other.
    pub(super) packed: Vec<u8>,
    /// Where each part ends, on the tape and among the pieces.
    pub(super) ends: Vec<(usize, usize)>,
}

/// A piece: ASCII, or one string.
#[derive(Debug)]
pub enum Piece {
    /// Of the text.
    Text(Range<usize>),
    /// Of the short strings.
    Packed(Range<usize>),
}

/// A part of a tape, and the pieces of the text that it is about.
#[derive(Debug)]
pub struct Part<'a> {
    /// The part itself.
    pub words: &'a [u32],
    /// The pieces in order.
    pub pieces: &'a [Piece],
}

impl Parts {
    /// The part with a number, from 0.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Part<'_>> {
        let end = self.ends.get(number)?;
        let start = number.checked_sub(1).map_or((0, 0), |before| self.ends[before]);
        Some(Part { words: &self.tape[start.0..end.0], pieces: &self.pieces[start.1..end.1] })
    }

    /// The bytes of a piece; `text` is what was read.
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
    /// The whole text is ASCII.
    pub(super) ascii: bool,
    /// Long strings are pieces of their own, and short ones packed.
    pub(super) packs: bool,
    /// The current piece, if it may become longer.
    pub(super) open: Option<usize>,
    packed: Vec<u8>,
    /// Words of a part.
    most: usize,
    /// Where the current part begins, on the tape and among the pieces.
    start: (usize, usize),
    pub(super) pieces: Vec<Piece>,
    ends: Vec<(usize, usize)>,
}

impl Cutter {
    /// Begins a text. Parts end at `most` words.
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

    /// The parts of the whole tape.
    pub(super) fn finish(mut self, tape: Vec<u32>) -> Parts {
        self.ends.push((tape.len(), self.pieces.len()));
        Parts { tape, pieces: self.pieces, packed: self.packed, ends: self.ends }
    }

    /// Adds a string to the current piece and gives where in it; or begins a piece with it.
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

    /// Ends the current part if it is long. A value comes next.
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
