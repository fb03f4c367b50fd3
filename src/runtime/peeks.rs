//! Reads that leave the bytes in the socket until the turn is over.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

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

/// The sockets of a loop whose bytes were read but not taken out yet.
///
/// Taking bytes out of a Unix socket wakes its server, because the socket has room again. When a single answer is awaited,
/// the next request usually follows at once and wakes the server anyway. So the answer is only peeked at, and taken out at
/// the end of the tick: one wake-up less. Where waking a server takes long, an early wake-up is better; which of the two
/// holds on this machine is measured. With several answers under way the server is awake, and nothing is gained.
pub(super) struct Peeks {
    /// Answers under way.
    awaited: Rc<Cell<usize>>,
    peeked: RefCell<Vec<Weak<dyn Peeked>>>,
    /// Peeking, or taking out at once.
    choice: RefCell<AdaptiveChoice>,
    /// When the answer of this turn, or of the one before, came.
    came: Cell<Option<Instant>>,
    follow: Cell<Follow>,
}

/// A socket whose bytes were read but not taken out.
pub(super) trait Peeked {
    /// Takes those bytes out.
    fn take_peeked(&self);
}

/// Whether a request follows an answer.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Follow {
    /// The turn of an answer is not over yet.
    Open,
    Yes,
    No,
}

/// An answer that is under way, until this is dropped.
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

    /// Takes note that something came. Whether peeking at it pays, as far as is known.
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
            choice.took(now - before);
        }
        choice.takes_first()
    }

    /// Takes note of a socket to be taken from when the tick is over.
    pub(super) fn remember(&self, socket: Weak<dyn Peeked>) {
        self.peeked.borrow_mut().push(socket);
    }

    /// The turn is over.
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

/// Picks the faster of two strategies, and tries the other again periodically.
struct AdaptiveChoice {
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

impl AdaptiveChoice {
    fn new() -> Self {
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
    fn takes_first(&self) -> bool {
        self.takes_first
    }

    /// Takes note of the time that the way took which was to be taken.
    fn took(&mut self, time: Duration) {
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
    fn firsts(choice: &mut AdaptiveChoice, rounds: usize, first: u64, second: u64) -> usize {
        let mut firsts = 0;
        for _ in 0..rounds {
            firsts += usize::from(choice.takes_first());
            for _ in 0..ROUND {
                choice.took(Duration::from_micros(if choice.takes_first() { first } else { second }));
            }
        }
        firsts
    }

    #[test]
    fn takes_the_quicker_way_and_tries_the_other_now_and_then() {
        let tried = firsts(&mut AdaptiveChoice::new(), 10 * AGAIN, 30, 20);
        assert!((8..=11).contains(&tried), "{tried}");
        let tried = 10 * AGAIN - firsts(&mut AdaptiveChoice::new(), 10 * AGAIN, 20, 30);
        assert!((8..=11).contains(&tried), "{tried}");
    }

    #[test]
    fn changes_at_once_when_its_way_becomes_the_slower_one() {
        let mut choice = AdaptiveChoice::new();
        firsts(&mut choice, 4, 20, 30);
        assert!(choice.takes_first());
        assert_eq!(firsts(&mut choice, 1, 40, 30), 1);
        assert!(!choice.takes_first());
    }

    #[test]
    fn tries_the_other_soon_when_both_were_quicker_of_late_until_that_is_forgotten() {
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
        assert!(choice.takes_first());
        for i in 0..ROUND {
            choice.took(if i % 3 == 0 { Duration::from_secs(1) } else { Duration::from_micros(20) });
        }
        assert!(choice.takes_first());
    }
}
