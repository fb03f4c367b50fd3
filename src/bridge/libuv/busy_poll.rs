//! Polls for an event for a short time before the thread sleeps.
//!
//! Sleeping and being woken takes longer than a local server needs to answer. So the loop polls for up to 50 µs first. If no
//! event comes in that time, it polls less and less often.

use std::cell::Cell;
use std::env;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Error, Result};

/// The environment variable that sets how long to poll, in microseconds. 0 turns polling off.
const VARIABLE: &str = "CYCLE_INTERNAL_API_BUSY_POLL_US";
/// About three times as long as going to sleep and being woken takes.
const DEFAULT: Duration = Duration::from_micros(50);
/// The most sleeps in a row without polling before.
const MOST_SKIPPED: u32 = 1023;

/// Decides before which sleeps to poll, and for how long.
pub(super) struct BusyPoll {
    limit: Duration,
    /// How many sleeps to skip after the last try without an event; 0 after one with an event.
    penalty: Cell<u32>,
    /// How many sleeps to skip before the next try.
    skip: Cell<u32>,
}

impl BusyPoll {
    /// Reads the environment variable.
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

    /// Called when the thread is about to sleep for at most `most`. Returns as soon as there is an event, or when the thread
    /// should sleep.
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

    /// How often it polls before this many sleeps, none of which brings an event.
    fn tries(poll: &BusyPoll, sleeps: u32) -> u32 {
        let tries = Cell::new(0);
        for _ in 0..sleeps {
            let polled = Cell::new(false);
            poll.wait(Duration::MAX, || {
                polled.set(true);
                false
            });
            tries.set(tries.get() + u32::from(polled.get()));
        }
        tries.get()
    }

    #[test]
    fn tries_without_an_event_become_rare_but_never_end() {
        let poll = BusyPoll::new(Duration::from_nanos(1));
        assert_eq!(tries(&poll, 1), 1);
        assert_eq!(tries(&poll, 1), 0);
        assert_eq!(tries(&poll, 1), 1);
        assert_eq!(tries(&poll, 3), 0);
        assert_eq!(tries(&poll, 10_000), 16);
        assert_eq!(tries(&poll, 10 * (MOST_SKIPPED + 1)), 10);
    }

    #[test]
    fn an_event_ends_polling_and_the_penalty() {
        let poll = BusyPoll::new(Duration::from_nanos(1));
        tries(&poll, 8);
        let long = BusyPoll { limit: Duration::MAX, ..poll };
        for _ in 0..long.skip.get() {
            long.wait(Duration::MAX, || unreachable!("not yet"));
        }
        let polls = Cell::new(0);
        long.wait(Duration::MAX, || polls.replace(polls.get() + 1) == 5);
        assert_eq!((polls.get(), long.penalty.get()), (6, 0));
    }

    #[test]
    fn nothing_is_polled_without_a_limit_or_a_sleep() {
        BusyPoll::new(Duration::ZERO).wait(Duration::MAX, || unreachable!("never"));
        BusyPoll::new(DEFAULT).wait(Duration::ZERO, || unreachable!("never"));
    }

    #[test]
    fn polling_lasts_no_longer_than_the_sleep() {
        let poll = BusyPoll::new(Duration::MAX);
        poll.wait(Duration::from_millis(1), || false);
        assert_eq!(poll.skip.get(), 1);
    }
}
