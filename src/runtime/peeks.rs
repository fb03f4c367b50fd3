//! Reads that leave the bytes in the socket until the end of the tick.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

/// The number of times in a round. Their median counts.
const ROUND: usize = 8;
/// Rounds after which the slower strategy is tried again, if the other takes about as long as the recent minimum.
const AGAIN: usize = 64;
/// The same, if the other takes longer than that.
const SOON: usize = 2;
/// A median counts as longer than the recent minimum if it exceeds it by a sixth.
const LONGER: u32 = 6;
/// The recent minimum grows by a 128th each round, so that an old one is forgotten.
const FORGET: u32 = 128;

/// The sockets of a loop whose bytes were peeked at, but not taken out yet.
///
/// Taking bytes out of a Unix socket wakes its server, because the socket has room again. When a single answer is awaited,
/// the next request usually follows at once and wakes the server anyway. So the answer is only peeked at, and taken out at
/// the end of the tick, which saves a wake-up. Where waking the server takes long, an early wake-up is better, so both
/// strategies are measured. When several answers are awaited, the server is awake and there is nothing to save.
pub(super) struct Peeks {
    /// The number of awaited answers.
    awaited: Rc<Cell<usize>>,
    peeked: RefCell<Vec<Weak<dyn Peeked>>>,
    /// The first strategy is to peek, the second to take bytes out at once.
    choice: RefCell<AdaptiveChoice>,
    /// When the last single answer came.
    came: Cell<Option<Instant>>,
    follow: Cell<Follow>,
}

/// A socket whose bytes were peeked at.
pub(super) trait Peeked {
    /// Takes those bytes out.
    fn take_peeked(&self);
}

/// Whether a request followed the last answer in the same tick.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Follow {
    /// Not known: the tick is not over yet.
    Open,
    Yes,
    No,
}

/// An answer counts as awaited until this is dropped.
pub struct Awaited(Rc<Cell<usize>>);

impl Peeks {
    pub(super) fn new() -> Self {
        Self {
            awaited: Rc::default(),
            peeked: RefCell::default(),
            choice: RefCell::new(AdaptiveChoice::new()),
            came: Cell::new(None),
            follow: Cell::new(Follow::No),
        }
    }

    pub(super) fn await_answer(&self) -> Awaited {
        if self.follow.get() == Follow::Open {
            self.follow.set(Follow::Yes);
        }
        self.awaited.set(self.awaited.get() + 1);
        Awaited(Rc::clone(&self.awaited))
    }

    /// Records that bytes came. Returns whether to peek at them.
    pub(super) fn note_arrival(&self) -> bool {
        let follows = self.follow.replace(Follow::No) == Follow::Yes;
        if self.awaited.get() != 1 {
            return false;
        }
        self.follow.set(Follow::Open);
        let now = Instant::now();
        let before = self.came.replace(Some(now));
        let mut choice = self.choice.borrow_mut();
        if let Some(before) = before.filter(|_| follows) {
            choice.record(now - before);
        }
        choice.uses_first()
    }

    /// Adds a socket whose bytes are to be taken out at the end of the tick.
    pub(super) fn remember(&self, socket: Weak<dyn Peeked>) {
        self.peeked.borrow_mut().push(socket);
    }

    /// Called at the end of the tick: takes the bytes out of the sockets.
    pub(super) fn take_all(&self) {
        if self.follow.get() == Follow::Open {
            self.follow.set(Follow::No);
        }
        loop {
            let Some(socket) = self.peeked.borrow_mut().pop() else { return };
            if let Some(socket) = socket.upgrade() {
                socket.take_peeked();
            }
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Picks the faster of two strategies, and re-tests the other periodically.
struct AdaptiveChoice {
    /// The strategy of this round.
    uses_first: bool,
    /// The times of this round.
    times: Vec<Duration>,
    /// The median of the first strategy's last round.
    first: Duration,
    /// The median of the second strategy's last round.
    second: Duration,
    /// The recent minimum of the medians of both.
    shortest: Duration,
    /// Rounds since the slower strategy was last tried.
    rounds: usize,
}

impl AdaptiveChoice {
    fn new() -> Self {
        Self {
            uses_first: true,
            times: Vec::with_capacity(ROUND),
            first: Duration::ZERO,
            second: Duration::ZERO,
            shortest: Duration::MAX,
            rounds: 0,
        }
    }

    /// Whether to use the first strategy.
    fn uses_first(&self) -> bool {
        self.uses_first
    }

    /// Records a time that the current strategy took.
    fn record(&mut self, time: Duration) {
        self.times.push(time);
        if self.times.len() < ROUND {
            return;
        }
        let median = *self.times.select_nth_unstable(ROUND / 2).1;
        self.times.clear();
        *(if self.uses_first { &mut self.first } else { &mut self.second }) = median;
        self.shortest = self.shortest.saturating_add(self.shortest / FORGET).min(median);
        self.rounds += 1;
        let limit = if median > self.shortest + self.shortest / LONGER { SOON } else { AGAIN };
        let first_is_faster = self.first < self.second;
        if self.uses_first != first_is_faster {
            self.uses_first = first_is_faster;
        } else if self.rounds >= limit {
            self.uses_first = !first_is_faster;
            self.rounds = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `rounds` rounds use the first strategy, when the strategies take `first` and `second` microseconds.
    fn firsts(choice: &mut AdaptiveChoice, rounds: usize, first: u64, second: u64) -> usize {
        let mut firsts = 0;
        for _ in 0..rounds {
            firsts += usize::from(choice.uses_first());
            for _ in 0..ROUND {
                choice.record(Duration::from_micros(if choice.uses_first() { first } else { second }));
            }
        }
        firsts
    }

    #[test]
    fn uses_the_faster_strategy_and_retests_the_other_periodically() {
        let tried = firsts(&mut AdaptiveChoice::new(), 10 * AGAIN, 30, 20);
        assert!((8..=11).contains(&tried), "{tried}");
        let tried = 10 * AGAIN - firsts(&mut AdaptiveChoice::new(), 10 * AGAIN, 20, 30);
        assert!((8..=11).contains(&tried), "{tried}");
    }

    #[test]
    fn changes_at_once_when_its_strategy_becomes_the_slower_one() {
        let mut choice = AdaptiveChoice::new();
        firsts(&mut choice, 4, 20, 30);
        assert!(choice.uses_first());
        assert_eq!(firsts(&mut choice, 1, 40, 30), 1);
        assert!(!choice.uses_first());
    }

    #[test]
    fn retests_sooner_when_slower_than_the_recent_minimum_until_that_is_forgotten() {
        let mut choice = AdaptiveChoice::new();
        firsts(&mut choice, 4, 20, 30);
        let tried = firsts(&mut choice, 10 * SOON, 40, 30);
        assert!((8..=11).contains(&tried), "{tried}");
        firsts(&mut choice, FORGET as usize, 40, 30);
        let tried = firsts(&mut choice, 2 * AGAIN, 40, 30);
        assert!((1..=3).contains(&tried), "{tried}");
    }

    #[test]
    fn a_few_long_times_do_not_count() {
        let mut choice = AdaptiveChoice::new();
        firsts(&mut choice, 2, 20, 30);
        assert!(choice.uses_first());
        for i in 0..ROUND {
            choice.record(if i % 3 == 0 { Duration::from_secs(1) } else { Duration::from_micros(20) });
        }
        assert!(choice.uses_first());
    }
}
