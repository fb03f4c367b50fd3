//! Makes tapes of the JSON bodies that one client receives.

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

/// Writes tapes to memory shared with JavaScript, laid out as [`place`] says. JavaScript reads the tapes of short bodies
/// before the next batch.
pub(super) struct Tapes {
    recorder: Recorder,
    /// Whether recording has panicked, which is a bug.
    disabled: bool,
    shared: SharedWords,
    /// Number of the current batch.
    batch: u32,
    /// The first word of the shared memory that is free.
    taken: usize,
    tape: Vec<u32>,
    /// The long bodies of the current batch. JavaScript does not ask for those of cancelled calls.
    long: Vec<Long>,
    /// The number of the first long body.
    first_long: u32,
}

/// Of bodies of this length or more, in bytes, strings are packed: pieces of the text would take more memory than the
/// value.
const VERY_LONG: usize = 1 << 20;

/// A long body, whose tape is given to JavaScript in parts.
struct Long {
    body: Bytes,
    parts: Parts,
    /// The number of parts that JavaScript got.
    given: usize,
}

/// A body with a tape.
pub(super) enum Taped {
    /// Its text, and the position of its tape in the shared memory.
    Short(sys::napi_value, u32),
    /// Its number for [`Tapes::next_part`].
    Long(u32),
}

impl Tapes {
    /// Writes tapes to `shared`.
    pub(super) fn new(shared: SharedWords) -> Self {
        Self {
            recorder: Recorder::default(),
            disabled: false,
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

    /// Begins a batch. JavaScript has read the one before.
    pub(super) fn begin(&mut self) {
        self.batch = self.batch.wrapping_add(1);
        self.taken = place::TAPES;
        self.first_long = self.first_long.wrapping_add(word(self.long.len()));
        self.long.clear();
    }

    /// Ends a batch: tells JavaScript its number and the number of shapes.
    pub(super) fn end(&mut self) {
        let shapes = word(self.keys().count());
        self.shared.write(place::SHAPES, &[shapes]);
        self.shared.write(place::BATCH, &[self.batch]);
    }

    /// Records the tape of a body. `None` for a body that `JSON.parse` should read.
    ///
    /// # Errors
    /// When there is no memory for the text.
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

    /// Runs `work`. After a panic, no tapes are made any more, and `JSON.parse` reads all answers.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.disabled {
            return None;
        }
        let done = catch_unwind(AssertUnwindSafe(|| work(self))).ok();
        self.disabled = done.is_none();
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

    /// Writes the next part of a long body's tape to the shared memory, and returns the pieces of its text as an array. The
    /// tag `MORE` at the end of a part says that there is another.
    ///
    /// # Errors
    /// When the body is not of the last batch, or when there is no memory for the pieces.
    pub(super) fn next_part(&mut self, env: sys::napi_env, number: u32) -> Result<sys::napi_value> {
        let gone = || {
            Error::from_reason(
                "the answer is gone: an event loop that ran inside another delivered further answers",
            )
        };
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
            // That was the last part. The next batch may come much later, so free the memory now.
            (*body, *parts) = Default::default();
        }
        Ok(strings)
    }
}
