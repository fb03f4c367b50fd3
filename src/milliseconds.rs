//! Converts durations from JavaScript, which gives them in milliseconds.

use std::time::Duration;

/// The longest delay of a JavaScript timer in milliseconds: 2^31 - 1, about 24 days.
pub const LONGEST_TIMER: f64 = 2_147_483_647.0;

/// Converts milliseconds to a [`Duration`] of at most `longest` milliseconds. `longest` may be infinite. A negative number
/// or NaN gives zero.
#[must_use]
pub fn milliseconds(number: f64, longest: f64) -> Duration {
    Duration::try_from_secs_f64(number.max(0.0).min(longest) / 1000.0).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_times_are_zero_and_long_ones_are_capped() {
        assert_eq!(milliseconds(1.5, f64::INFINITY), Duration::from_micros(1500));
        for none in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(milliseconds(none, f64::INFINITY), Duration::ZERO);
        }
        for endless in [f64::INFINITY, 1e300] {
            assert_eq!(milliseconds(endless, f64::INFINITY), Duration::MAX);
            assert_eq!(milliseconds(endless, LONGEST_TIMER), Duration::from_millis((1 << 31) - 1));
        }
    }
}
