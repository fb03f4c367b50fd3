//! Looking for an answer for a moment before the thread sleeps.
//!
//! To sleep and be woken takes longer than a near server takes to answer. So the loop looks again and again for a
//! moment; where that is in vain it does so ever more rarely.

use std::cell::Cell;
use std::env;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Error, Result};

/// The environment variable that sets the moment, in microseconds. Zero is never.
const VARIABLE: &str = "CYCLE_INTERNAL_API_BUSY_POLL_US";
/// About what going to sleep and being woken cost, three times over.
const DEFAULT: Duration = Duration::from_micros(50);
/// Sleeps without a try after many tries in vain.
const MOST_SKIPPED: u32 = 1023;

/// When to look, and for how long.
pub(super) struct BusyPoll {
    limit: Duration,
    /// Sleeps without a try after the next try in vain.
    penalty: Cell<u32>,
    /// Sleeps without a try before the next try.
    skip: Cell<u32>,
}

impl BusyPoll {
    /// As the environment variable says.
    ///
    /// # Errors
    ///
    /// When it is not a whole number.
    pub(super) fn from_env() -> Result<Self> {
        let text = env::var(VARIABLE).unwrap_or_default();
        if text.is_empty() {
            return Ok(Self::new(DEFAULT));
        }
        let microseconds = text.parse::<u32>().map_err(|_| {
            Error::from_reason(format!("{VARIABLE} must be a whole number of microseconds, 0 for never"))
        })?;
        Ok(Self::new(Duration::from_micros(microseconds.into())))
    }

    fn new(limit: Duration) -> Self {
        Self { limit, penalty: Cell::new(0), skip: Cell::new(0) }
    }

    /// Called when the thread would sleep, for no longer than `most`; returns when there is an event, or when it is time
    /// to sleep.
    pub(super) fn wait(&self, most: Duration, has_event: impl Fn() -> bool) {
        let limit = self.limit.min(most);
        if limit.is_zero() {
            return;
        }
        let skip = self.skip.get();
        if skip > 0 {
            self.skip.set(skip - 1);
            return;
        }
        let begun = Instant::now();
        while !has_event() {
            if begun.elapsed() >= limit {
                self.penalty.set((2 * self.penalty.get() + 1).min(MOST_SKIPPED));
                self.skip.set(self.penalty.get());
                return;
            }
        }
        self.penalty.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often it looks in so many sleeps, none of which brings anything.
    fn looks(poll: &BusyPoll, sleeps: u32) -> u32 {
        let tries = Cell::new(0);
        for _ in 0..sleeps {
            let looked = Cell::new(false);
            poll.wait(Duration::MAX, || {
                looked.set(true);
                false
            });
            tries.set(tries.get() + u32::from(looked.get()));
        }
        tries.get()
    }

    #[test]
    fn tries_in_vain_become_rare_but_never_end() {
        let poll = BusyPoll::new(Duration::from_nanos(1));
        assert_eq!(looks(&poll, 1), 1);
        assert_eq!(looks(&poll, 1), 0);
        assert_eq!(looks(&poll, 1), 1);
        assert_eq!(looks(&poll, 3), 0);
        assert_eq!(looks(&poll, 10_000), 16);
        assert_eq!(looks(&poll, 10 * (MOST_SKIPPED + 1)), 10);
    }

    #[test]
    fn an_event_ends_the_look_and_forgives() {
        let poll = BusyPoll::new(Duration::from_nanos(1));
        looks(&poll, 8);
        let long = BusyPoll { limit: Duration::MAX, ..poll };
        for _ in 0..long.skip.get() {
            long.wait(Duration::MAX, || unreachable!("not yet"));
        }
        let looks = Cell::new(0);
        long.wait(Duration::MAX, || looks.replace(looks.get() + 1) == 5);
        assert_eq!((looks.get(), long.penalty.get()), (6, 0));
    }

    #[test]
    fn without_a_limit_or_without_a_sleep_nobody_looks() {
        BusyPoll::new(Duration::ZERO).wait(Duration::MAX, || unreachable!("never"));
        BusyPoll::new(DEFAULT).wait(Duration::ZERO, || unreachable!("never"));
    }

    #[test]
    fn nobody_looks_for_longer_than_the_sleep() {
        let poll = BusyPoll::new(Duration::MAX);
        poll.wait(Duration::from_millis(1), || false);
        assert_eq!(poll.skip.get(), 1);
    }
}
