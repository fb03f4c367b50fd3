//! Work that is done in parts, so that other calls and the program have their turn in between.

use std::time::{Duration, Instant};

use super::dispatch::Dispatch;

/// Work that takes longer than this is interrupted,
const LONGEST: Duration = Duration::from_millis(4);
/// and so is work that gives more bytes than this, for which others have more to do.
const MOST: usize = 256 * 1024;
/// For how long.
const PAUSE: Duration = Duration::from_millis(1);

/// How long the work of one call has held up the others.
#[derive(Debug, Default)]
pub(super) struct Turn {
    worked: Duration,
    given: usize,
}

impl Turn {
    /// Does a part of the work.
    pub(super) fn measure<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let begun = Instant::now();
        let result = work();
        self.worked += begun.elapsed();
        result
    }

    /// Takes note of bytes that a part of the work gave.
    pub(super) fn gave(&mut self, bytes: usize) {
        self.given += bytes;
    }

    /// Lets others have their turn if the parts together took long.
    pub(super) async fn end_if_long(&mut self, dispatch: &impl Dispatch) {
        if self.worked >= LONGEST || self.given >= MOST {
            *self = Self::default();
            dispatch.sleep(PAUSE).await;
        }
    }
}
