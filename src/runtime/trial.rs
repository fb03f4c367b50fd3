//! Finding out which of two ways is quicker.

use std::time::Duration;

/// Times of which the median is taken.
const ROUND: usize = 8;
/// Rounds after which the slower way is tried again, while the other takes about as long as the shortest of late.
const AGAIN: usize = 64;
/// The same, once it takes longer.
const SOON: usize = 2;
/// A median is longer than the shortest when it is by a sixth.
const LONGER: u32 = 6;
/// What was the shortest is forgotten by such a part each round.
const FORGET: u32 = 128;

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
    /// The shortest of late that either took.
    shortest: Duration,
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
            shortest: Duration::MAX,
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
        self.shortest = self.shortest.saturating_add(self.shortest / FORGET).min(median);
        self.rounds += 1;
        let limit = if median > self.shortest + self.shortest / LONGER { SOON } else { AGAIN };
        let first_is_quicker = self.first < self.second;
        if self.takes_first != first_is_quicker {
            self.takes_first = first_is_quicker;
        } else if self.rounds >= limit {
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
        firsts(&mut trial, 4, 20, 30);
        assert!(trial.takes_first());
        assert_eq!(firsts(&mut trial, 1, 40, 30), 1);
        assert!(!trial.takes_first());
    }

    #[test]
    fn tries_the_other_soon_when_both_were_quicker_of_late_until_that_is_forgotten() {
        let mut trial = Trial::new();
        firsts(&mut trial, 4, 20, 30);
        let tried = firsts(&mut trial, 10 * SOON, 40, 30);
        assert!((8..=11).contains(&tried), "{tried}");
        firsts(&mut trial, FORGET as usize, 40, 30);
        let tried = firsts(&mut trial, 2 * AGAIN, 40, 30);
        assert!((1..=3).contains(&tried), "{tried}");
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
