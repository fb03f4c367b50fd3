//! JSON bodies of one client as tapes.

use std::ops::Range;

use bytes::Bytes;
use napi::bindgen_prelude::{Result, Uint32Array};
use napi::sys;

use super::values::{array, latin1, text, word_buffer};
use crate::json::shapes::ShapeKeys;
use crate::json::tape::{PIECE, Recorder};

/// Pieces in one array; `lib/json-tape.js` has the same number. As many arguments lie on the stack.
const PIECES: usize = 1024;

/// Makes tapes. Those of short bodies go to memory that JavaScript has as well: first the number of shapes, then the
/// tapes of one batch, which JavaScript reads before there is another.
pub(super) struct Tapes {
    recorder: Recorder,
    shared: Uint32Array,
    /// So many words of it are taken.
    taken: usize,
    tape: Vec<u32>,
    pieces: Vec<Range<usize>>,
}

/// A body as JavaScript gets it.
pub(super) enum Taped {
    /// Its text, and where in the shared memory its tape begins.
    Whole(sys::napi_value, u32),
    /// An array: an `ArrayBuffer` with the tape, and then arrays of the pieces of the text.
    Pieces(sys::napi_value),
}

impl Tapes {
    /// Tapes in `shared`, which nobody else may write to.
    pub(super) fn new(shared: Uint32Array) -> Self {
        Self { recorder: Recorder::default(), shared, taken: 1, tape: Vec::new(), pieces: Vec::new() }
    }

    pub(super) fn keys(&self) -> &ShapeKeys {
        self.recorder.keys()
    }

    /// Begins a batch: JavaScript has read the last one.
    pub(super) fn begin(&mut self) {
        self.taken = 1;
    }

    /// Ends a batch.
    pub(super) fn end(&mut self) {
        let shapes = u32::try_from(self.keys().count()).unwrap_or_default();
        self.write(0, &[shapes]);
    }

    /// The tape of a body, unless `JSON.parse` shall have it.
    ///
    /// # Errors
    /// When the engine has no memory for it.
    pub(super) fn record(&mut self, env: sys::napi_env, body: &Bytes) -> Result<Option<Taped>> {
        let Ok(json) = str::from_utf8(body) else { return Ok(None) };
        self.tape.clear();
        if json.len() <= PIECE && json.is_ascii() {
            if !self.recorder.record(json, &mut self.tape) {
                return Ok(None);
            }
            let (start, tape) = (self.taken, std::mem::take(&mut self.tape));
            let there = self.write(start, &tape);
            self.taken += tape.len();
            self.tape = tape;
            let start = u32::try_from(start).ok().filter(|_| there);
            return start.map(|start| Ok(Taped::Whole(latin1(env, body)?, start))).transpose();
        }
        self.pieces.clear();
        if !self.recorder.record_pieces(json, &mut self.tape, &mut self.pieces) {
            return Ok(None);
        }
        let mut parts = vec![word_buffer(env, [&self.tape, &[]])?];
        for pieces in self.pieces.chunks(PIECES) {
            let strings = pieces.iter().map(|piece| {
                let piece = &json[piece.clone()];
                text(env, piece, piece.is_ascii())
            });
            parts.push(array(env, &strings.collect::<Result<Vec<_>>>()?)?);
        }
        // Memory for bodies that are long once is not kept.
        self.tape.shrink_to(self.shared.len());
        self.pieces.shrink_to(PIECES);
        Ok(Some(Taped::Pieces(array(env, &parts)?)))
    }

    /// Whether there was room.
    fn write(&mut self, start: usize, words: &[u32]) -> bool {
        // SAFETY: JavaScript reads this memory only while it is called, and nothing is written then.
        let shared = unsafe { self.shared.as_mut() };
        shared.get_mut(start..start + words.len()).map(|room| room.copy_from_slice(words)).is_some()
    }
}
