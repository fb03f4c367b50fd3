//! Memory that Rust writes and JavaScript reads.

use napi::bindgen_prelude::Uint32Array;

/// An array of 32-bit words shared with JavaScript.
pub(super) struct SharedWords(Uint32Array);

impl SharedWords {
    /// Shares `array`. Nothing else may write to it.
    pub(super) fn new(array: Uint32Array) -> Self {
        Self(array)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes `words` from position `start`. Writes nothing if they do not all fit.
    pub(super) fn write(&mut self, start: usize, words: &[u32]) {
        // SAFETY: JavaScript reads this memory on this thread, and so never while this function runs.
        let shared = unsafe { self.0.as_mut() };
        if let Some(room) = shared.get_mut(start..).and_then(|room| room.get_mut(..words.len())) {
            room.copy_from_slice(words);
        }
    }
}

/// Converts a number that is known to fit into a word.
pub(super) fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
