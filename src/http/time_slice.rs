//! Splits long work of one call, so that other calls and the program can run in between.

use std::time::{Duration, Instant};

use super::dispatch::Dispatch;

/// A slice ends after this much time,
const LONGEST: Duration = Duration::from_millis(4);
/// or after this many bytes of output, since others have to process them.
const MOST: usize = 256 * 1024;
/// The pause after a slice.
const PAUSE: Duration = Duration::from_millis(1);

/// What one call has done since its last pause.
#[derive(Debug, Default)]
pub(super) struct TimeSlice {
    worked: Duration,
    bytes: usize,
}

impl TimeSlice {
    /// Does a part of the work, and adds the time it takes.
    pub(super) fn measure<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let begun = Instant::now();
        let result = work();
        self.worked += begun.elapsed();
        result
    }

    /// Adds bytes of output.
    pub(super) fn add_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Pauses, and begins a new slice, if this one is used up.
    pub(super) async fn pause_if_used_up(&mut self, dispatch: &impl Dispatch) {
        if self.worked >= LONGEST || self.bytes >= MOST {
            *self = Self::default();
            dispatch.sleep(PAUSE).await;
        }
    }
}
