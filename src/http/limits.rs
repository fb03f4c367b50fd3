//! Limits on connections and calls.

use std::time::Duration;

/// The limits of one client. `None` is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most open connections; 1024 by default.
    pub max_connections: usize,
    /// How long a connection may be idle; 4 s by default.
    pub keep_alive: Option<Duration>,
    /// The longest wait for a response head after the request was written; 300 s by default.
    pub head: Option<Duration>,
    /// The longest wait for the next byte of a response body; 300 s by default.
    pub body: Option<Duration>,
}

/// The default limit on the wait for a response head, and for the next byte of a response body.
pub const SILENCE: Duration = Duration::from_secs(300);

/// How long a connection may be idle by default.
pub const KEEP_ALIVE: Duration = Duration::from_secs(4);

impl Default for Limits {
    fn default() -> Self {
        Self { max_connections: 1024, keep_alive: Some(KEEP_ALIVE), head: Some(SILENCE), body: Some(SILENCE) }
    }
}

/// Checks limits periodically: one timer for all calls or connections costs less than a timer for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The time between two steps.
    pub every: Duration,
}

impl Steps {
    /// Steps of a tenth of `limit`, at least 1 ms and at most 1 s.
    #[must_use]
    pub fn for_limit(limit: Duration) -> Self {
        Self { every: (limit / 10).clamp(Duration::from_millis(1), Duration::from_secs(1)) }
    }

    /// The number of whole steps within `limit`, at least one.
    #[must_use]
    pub fn within(self, limit: Duration) -> u32 {
        u32::try_from(limit.as_nanos() / self.every.as_nanos()).unwrap_or(u32::MAX).max(1)
    }

    /// The least number of steps that take `limit` or longer, at least one.
    #[must_use]
    pub fn beyond(self, limit: Duration) -> u32 {
        u32::try_from(limit.as_nanos().div_ceil(self.every.as_nanos())).unwrap_or(u32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_a_tenth_of_the_limit_and_a_second_at_most() {
        let steps = |milliseconds| Steps::for_limit(Duration::from_millis(milliseconds));
        assert_eq!(steps(300_000).every, Duration::from_secs(1));
        assert_eq!(steps(4000).every, Duration::from_millis(400));
        assert_eq!(steps(1).every, Duration::from_millis(1));
        let step = steps(4000);
        assert_eq!((step.within(Duration::from_secs(4)), step.beyond(Duration::from_secs(4))), (10, 10));
        assert_eq!(
            (step.within(Duration::from_millis(4100)), step.beyond(Duration::from_millis(4100))),
            (10, 11)
        );
        assert_eq!(step.within(Duration::ZERO), 1);
        assert_eq!(step.beyond(Duration::MAX), u32::MAX);
    }
}
