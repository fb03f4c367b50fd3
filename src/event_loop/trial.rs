//! Finding out which of two ways is quicker.

use std::time::Duration;

/// Times of which the median is taken.
const ROUND: usize = 32;
/// Rounds after which the slower way is tried again.
const AGAIN: usize = 16;

/// Two ways to do the same, of which now the one is quicker and now the other. The one is taken that was quicker when it was
/// last tried, and the other is tried from time to time.
pub(super) struct Trial {
    /// The way of this round.
    takes_first: bool,
    times: Vec<Duration>,
    /// What the first way took in its last round.
    first: Duration,
    /// What the second way took in its last round.
    second: Duration,
    /// Rounds since the slower way was last tried.
    rounds: usize,
}

impl Trial {
    pub(super) fn new() -> Self {
        Self {
            takes_first: true,
            times: Vec::with_capacity(ROUND),
            first: Duration::ZERO,
            second: Duration::ZERO,
            rounds: 0,
        }
    }

    /// Whether the first way is to be taken.
    pub(super) fn takes_first(&self) -> bool {
        self.takes_first
    }

    /// Takes note of the time that the way took which was to be taken.
    pub(super) fn took(&mut self, time: Duration) {
        self.times.push(time);
        if self.times.len() < ROUND {
            return;
        }
        let median = *self.times.select_nth_unstable(ROUND / 2).1;
        self.times.clear();
        *(if self.takes_first { &mut self.first } else { &mut self.second }) = median;
        self.rounds += 1;
        let first_is_quicker = self.first < self.second;
        if self.takes_first != first_is_quicker {
            self.takes_first = first_is_quicker;
        } else if self.rounds >= AGAIN {
            self.takes_first = !first_is_quicker;
            self.rounds = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many rounds take the first way, when the ways take so many microseconds.
    fn firsts(trial: &mut Trial, rounds: usize, first: u64, second: u64) -> usize {
        let mut firsts = 0;
        for _ in 0..rounds {
            firsts += usize::from(trial.takes_first());
            for _ in 0..ROUND {
                trial.took(Duration::from_micros(if trial.takes_first() { first } else { second }));
            }
        }
        firsts
    }

    #[test]
    fn takes_the_quicker_way_and_tries_the_other_now_and_then() {
        let tried = firsts(&mut Trial::new(), 10 * AGAIN, 30, 20);
        assert!((8..=11).contains(&tried), "{tried}");
        let tried = 10 * AGAIN - firsts(&mut Trial::new(), 10 * AGAIN, 20, 30);
        assert!((8..=11).contains(&tried), "{tried}");
    }

    #[test]
    fn changes_at_once_when_its_way_becomes_the_slower_one() {
        let mut trial = Trial::new();
        firsts(&mut trial, AGAIN / 2, 20, 30);
        assert!(trial.takes_first());
        assert_eq!(firsts(&mut trial, AGAIN / 2 - 1, 40, 30), 1);
        assert!(!trial.takes_first());
    }

    #[test]
    fn a_few_long_times_do_not_count() {
        let mut trial = Trial::new();
        firsts(&mut trial, 2, 20, 30);
        assert!(trial.takes_first());
        for i in 0..ROUND {
            trial.took(if i % 3 == 0 { Duration::from_secs(1) } else { Duration::from_micros(20) });
        }
        assert!(trial.takes_first());
    }
}
