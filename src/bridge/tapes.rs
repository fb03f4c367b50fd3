//! JSON bodies of one client as tapes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use napi::bindgen_prelude::{Error, Result};
use napi::sys;

use super::garbage;
use super::shared_words::{SharedWords, word};
use super::values::{array, latin1, text};
use super::wire::shared as place;
use crate::json::shapes::ShapeKeys;
use crate::json::tape::{PIECE, Parts, Recorder};

/// Makes tapes, in memory that JavaScript has as well ([`place`]). It reads the tapes of short bodies before there is
/// another batch.
pub(super) struct Tapes {
    recorder: Recorder,
    broken: bool,
    shared: SharedWords,
    /// Number of the batch.
    batch: u32,
    /// The first word that no tape has taken.
    taken: usize,
    tape: Vec<u32>,
    /// The long bodies of a batch. JavaScript may not want them any more, and never asks then.
    long: Vec<Long>,
    /// The number of the first of them.
    first_long: u32,
}

/// From this length on, pieces of a body's text would take more memory than its value.
const VERY_LONG: usize = 1 << 20;

struct Long {
    body: Bytes,
    parts: Parts,
    /// Parts that JavaScript has.
    given: usize,
}

/// A body as JavaScript gets it.
pub(super) enum Taped {
    /// Its text, and where in the shared memory its tape begins.
    Short(sys::napi_value, u32),
    /// The number by which [`Tapes::next_part`] knows it.
    Long(u32),
}

impl Tapes {
    /// Tapes in `shared`.
    pub(super) fn new(shared: SharedWords) -> Self {
        Self {
            recorder: Recorder::default(),
            broken: false,
            shared,
            batch: 0,
            taken: place::TAPES,
            tape: Vec::new(),
            long: Vec::new(),
            first_long: 0,
        }
    }

    pub(super) fn keys(&self) -> &ShapeKeys {
        self.recorder.keys()
    }

    /// Begins a batch: JavaScript has read the last one.
    pub(super) fn begin(&mut self) {
        self.batch = self.batch.wrapping_add(1);
        self.taken = place::TAPES;
        self.first_long = self.first_long.wrapping_add(word(self.long.len()));
        self.long.clear();
    }

    /// Ends a batch.
    pub(super) fn end(&mut self) {
        let shapes = word(self.keys().count());
        self.shared.write(place::SHAPES, &[shapes]);
        self.shared.write(place::BATCH, &[self.batch]);
    }

    /// The tape of a body, unless `JSON.parse` shall have it.
    ///
    /// # Errors
    /// When the engine has no memory for it.
    pub(super) fn record(&mut self, env: sys::napi_env, body: &Bytes) -> Result<Option<Taped>> {
        let Ok(json) = str::from_utf8(body) else { return Ok(None) };
        if json.len() > PIECE || !json.is_ascii() {
            return Ok(self.guarded(|tapes| tapes.record_long(json, body)).flatten());
        }
        let done = self.guarded(|tapes| {
            tapes.tape.clear();
            tapes.recorder.record(json, &mut tapes.tape)
        });
        let start = self.taken;
        if done != Some(true) || self.tape.len() > place::PART - start {
            return Ok(None);
        }
        self.shared.write(start, &self.tape);
        self.taken += self.tape.len();
        Ok(Some(Taped::Short(latin1(env, body)?, word(start))))
    }

    /// After a panic, which is a bug, there are no tapes any more: answers are parsed as text.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.broken {
            return None;
        }
        let done = catch_unwind(AssertUnwindSafe(|| work(self))).ok();
        self.broken = done.is_none();
        done
    }

    fn record_long(&mut self, json: &str, body: &Bytes) -> Option<Taped> {
        let very_long = body.len() >= VERY_LONG;
        let parts = self.recorder.record_parts(json, place::WORDS - place::PART, very_long)?;
        if very_long {
            garbage::count(body.len());
        }
        self.long.push(Long { body: body.clone(), parts, given: 0 });
        Some(Taped::Long(self.first_long.wrapping_add(word(self.long.len() - 1))))
    }

    /// Writes the next part of the tape of a long body, and gives the pieces of its text as an array. There is another
    /// part when the tape says so.
    ///
    /// # Errors
    /// When the body is not of the last batch, and when the engine has no memory for the pieces.
    pub(super) fn next_part(&mut self, env: sys::napi_env, number: u32) -> Result<sys::napi_value> {
        let gone =
            || Error::from_reason("the answer is not there any more: an event loop ran inside another");
        let place = usize::try_from(number.wrapping_sub(self.first_long)).unwrap_or(usize::MAX);
        let Long { body, parts, given } = self.long.get_mut(place).ok_or_else(gone)?;
        let part = parts.get(*given).ok_or_else(gone)?;
        *given += 1;
        self.shared.write(place::PART, part.words);
        let strings = part.pieces.iter().map(|piece| {
            let bytes = parts.bytes(piece, body);
            if bytes.is_ascii() {
                latin1(env, bytes)
            } else {
                text(env, &String::from_utf8_lossy(bytes), false)
            }
        });
        let strings = array(env, &strings.collect::<Result<Vec<_>>>()?)?;
        if parts.get(*given).is_none() {
            // The next batch may be far off.
            (*body, *parts) = Default::default();
        }
        Ok(strings)
    }
}
