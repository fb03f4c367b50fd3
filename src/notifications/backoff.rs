//! How long to wait before the next attempt to connect.

use crate::milliseconds::LONGEST_TIMER;

/// Delays that double with every attempt, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// Delay before the first attempt, in milliseconds.
    pub base_ms: f64,
    /// Longest delay, in milliseconds.
    pub max_ms: f64,
    /// Whether each delay is shortened at random, to no less than its half, so that clients which lost the same server
    /// do not all reconnect at the same moment.
    pub jitter: bool,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base_ms: 1_000.0, max_ms: 30_000.0, jitter: false }
    }
}

impl Backoff {
    /// The delay before an attempt, in milliseconds. `attempt` counts from 1.
    #[must_use]
    pub fn delay_ms(&self, attempt: u32) -> f64 {
        let doublings = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX).min(f64::MAX_EXP - 1);
        let whole = (self.base_ms * 2f64.powi(doublings)).min(self.max_ms).clamp(0.0, LONGEST_TIMER);
        if self.jitter { (whole * (0.5 + fastrand::f64() / 2.0)).round() } else { whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(backoff: Backoff, attempts: u32) -> Vec<f64> {
        (1..=attempts).map(|attempt| backoff.delay_ms(attempt)).collect()
    }

    #[test]
    fn doubles_up_to_the_limit() {
        assert_eq!(
            delays(Backoff::default(), 7),
            [1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0, 30_000.0, 30_000.0]
        );
    }

    #[test]
    fn stays_at_the_limit_however_many_attempts() {
        let backoff = Backoff::default();
        assert_eq!([2_000, u32::MAX].map(|attempt| backoff.delay_ms(attempt)).to_vec(), [30_000.0, 30_000.0]);
    }

    #[test]
    fn a_base_above_the_limit_gives_the_limit() {
        let backoff = Backoff { base_ms: 500.0, max_ms: 20.0, jitter: false };
        assert_eq!(delays(backoff, 2), [20.0, 20.0]);
    }

    #[test]
    fn a_base_of_zero_never_waits() {
        let backoff = Backoff { base_ms: 0.0, max_ms: 20.0, jitter: false };
        assert_eq!([1, 2, 5_000].map(|attempt| backoff.delay_ms(attempt)).to_vec(), [0.0, 0.0, 0.0]);
    }

    #[test]
    fn jitter_stays_between_half_and_whole() {
        let backoff = Backoff { base_ms: 1_000.0, max_ms: 30_000.0, jitter: true };
        let seen: Vec<f64> = (0..200).map(|_| backoff.delay_ms(3)).collect();
        assert!(seen.iter().all(|delay| (2_000.0..=4_000.0).contains(delay)));
        let (least, most) =
            seen.iter().fold((f64::MAX, f64::MIN), |(a, b), delay| (a.min(*delay), b.max(*delay)));
        assert!(least < most);
    }
}
