//! The simulator's clock: the system's, which tests can move forward, so that leases and stored values expire without
//! waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// A clock that can be moved forward. Clones share their offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The time at which the clock stands still, for tests.
    fixed: Option<Duration>,
    ahead_ms: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that stands still until it is moved. `since_epoch` is the time since 1970.
    #[must_use]
    pub fn standing_at(since_epoch: Duration) -> Self {
        Self { fixed: Some(since_epoch), ahead_ms: Arc::default() }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead_ms.fetch_add(by, Ordering::Relaxed);
    }

    /// The time since 1970.
    #[must_use]
    pub fn now(&self) -> Duration {
        let base = self
            .fixed
            .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO));
        base.saturating_add(Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed)))
    }
}

/// Formats a time by RFC 3339, in UTC with milliseconds. Later times give the end of the year 9999.
pub(crate) fn rfc3339(since_epoch: Duration) -> String {
    let milliseconds = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
    let timestamp = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
    format!("{timestamp:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_dates_across_leap_years() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(Duration::from_secs(seconds)), text);
        }
        assert_eq!(rfc3339(Duration::from_millis(1_234_567)), "1970-01-01T00:20:34.567Z");
        assert_eq!(rfc3339(Duration::MAX), "9999-12-30T22:00:00.999Z");
    }

    #[test]
    fn moves_only_forward_and_for_every_clone() {
        let clock = Clock::standing_at(Duration::from_secs(10));
        let other = clock.clone();
        other.advance(Duration::from_millis(1500));
        assert_eq!(clock.now(), Duration::from_millis(11_500));
        let system = Clock::default();
        let before = system.now();
        system.advance(Duration::from_secs(3600));
        assert!(system.now() >= before + Duration::from_secs(3600));
    }
}
