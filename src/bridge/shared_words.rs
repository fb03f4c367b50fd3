//! Memory that JavaScript reads and only this side writes.

use napi::bindgen_prelude::Uint32Array;

/// Words shared with JavaScript.
pub(super) struct SharedWords(Uint32Array);

impl SharedWords {
    /// Shares `array`, which nobody else may write to.
    pub(super) fn new(array: Uint32Array) -> Self {
        Self(array)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes words from a position on; none where there is no room for all.
    pub(super) fn write(&mut self, start: usize, words: &[u32]) {
        // SAFETY: JavaScript reads this memory on this thread, and so never while this function runs.
        let shared = unsafe { self.0.as_mut() };
        if let Some(room) = shared.get_mut(start..).and_then(|room| room.get_mut(..words.len())) {
            room.copy_from_slice(words);
        }
    }
}

/// A number that is known to have room in a word.
pub(super) fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
