//! Whether a socket is ready, as far as the host has reported.

use std::cell::Cell;
use std::task::{Context, Waker};

/// What a socket is watched for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Interest {
    /// Bytes, or the end of the stream, can be read.
    pub readable: bool,
    /// Bytes can be written, or a connection attempt is decided.
    pub writable: bool,
}

/// Whether a socket can be read or written, and which tasks wait for that.
///
/// Check [`is_ready`](Self::is_ready) before a system call, and call [`block`](Self::block) when it could do no more. While a
/// reader pauses, the second event in a row ends the watch for reading until [`block`](Self::block).
#[derive(Default)]
pub(super) struct Readiness {
    interest: Cell<Interest>,
    read: Side,
    write: Side,
}

#[derive(Default)]
struct Side {
    ready: Cell<bool>,
    waker: Cell<Option<Waker>>,
    /// The number of bytes moved since the last event.
    moved: Cell<usize>,
}

/// A direction of a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Direction {
    Read,
    Write,
}

impl Readiness {
    /// `writable` says whether the socket can be written before the first event.
    pub(super) fn new(writable: bool) -> Self {
        let readiness = Self::default();
        readiness.write.ready.set(writable);
        readiness
    }

    /// Handles an event from the reactor. Returns what to watch for from now on, or `None` for no change.
    pub(super) fn event(&self, readable: bool, writable: bool) -> Option<Interest> {
        let mut interest = self.interest.get();
        if readable {
            if self.read.ready.get() {
                interest.readable = false;
            }
            self.read.event();
        }
        if writable {
            interest.writable = false;
            self.write.event();
        }
        (self.interest.replace(interest) != interest).then_some(interest)
    }

    /// Called when the socket has failed and is no longer watched. The next read or write gets the error.
    pub(super) fn failed(&self) {
        self.interest.set(Interest::default());
        self.read.event();
        self.write.event();
    }

    /// Whether a system call in this direction may succeed.
    pub(super) fn is_ready(&self, direction: Direction) -> bool {
        self.side(direction).ready.get()
    }

    /// Whether a task waits for the next event in this direction.
    pub(super) fn is_awaited(&self, direction: Direction) -> bool {
        let slot = &self.side(direction).waker;
        let waker = slot.take();
        let awaited = waker.is_some();
        slot.set(waker);
        awaited
    }

    /// Adds to the number of bytes moved since the last event, and returns the sum.
    pub(super) fn count(&self, direction: Direction, bytes: usize) -> usize {
        let moved = &self.side(direction).moved;
        moved.set(moved.get().saturating_add(bytes));
        moved.get()
    }

    /// Wakes the task of `cx` at the next event in this direction.
    pub(super) fn wait(&self, direction: Direction, cx: &Context<'_>) {
        let slot = &self.side(direction).waker;
        let waker = match slot.take() {
            Some(waker) if waker.will_wake(cx.waker()) => waker,
            _ => cx.waker().clone(),
        };
        slot.set(Some(waker));
    }

    /// Called when no more can be read or written until the next event. Returns what to watch for from now on, or `None` for
    /// no change.
    pub(super) fn block(&self, direction: Direction) -> Option<Interest> {
        self.side(direction).ready.set(false);
        let mut interest = self.interest.get();
        match direction {
            Direction::Read => interest.readable = true,
            Direction::Write => interest.writable = true,
        }
        (self.interest.replace(interest) != interest).then_some(interest)
    }

    fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }
}

impl Side {
    fn event(&self) {
        self.ready.set(true);
        self.moved.set(0);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const BOTH: Interest = Interest { readable: true, writable: true };
    const READABLE: Interest = Interest { readable: true, writable: false };
    const NOTHING: Interest = Interest { readable: false, writable: false };

    #[test]
    fn an_event_makes_ready_and_a_block_undoes_it() {
        let readiness = Readiness::new(false);
        assert!(!readiness.is_ready(Direction::Read));
        assert_eq!(readiness.block(Direction::Read), Some(READABLE));
        assert_eq!(readiness.event(true, false), None);
        assert!(readiness.is_ready(Direction::Read));
        assert_eq!(readiness.block(Direction::Read), None);
        assert!(!readiness.is_ready(Direction::Read));
    }

    #[test]
    fn a_paused_reader_stops_the_watch_at_the_second_event() {
        let readiness = Readiness::new(true);
        readiness.block(Direction::Read);
        assert_eq!(readiness.event(true, false), None);
        assert_eq!(readiness.event(true, false), Some(NOTHING));
        assert!(readiness.is_ready(Direction::Read));
        assert_eq!(readiness.block(Direction::Read), Some(READABLE));
    }

    #[test]
    fn writable_is_watched_for_once() {
        let readiness = Readiness::new(true);
        readiness.block(Direction::Read);
        assert_eq!(readiness.block(Direction::Write), Some(BOTH));
        assert_eq!(readiness.event(false, true), Some(READABLE));
    }

    #[test]
    fn a_failure_ends_the_interest_and_makes_ready() {
        let readiness = Readiness::new(false);
        readiness.block(Direction::Read);
        readiness.failed();
        assert!(readiness.is_ready(Direction::Read) && readiness.is_ready(Direction::Write));
        assert_eq!(readiness.block(Direction::Read), Some(READABLE));
    }

    #[test]
    fn an_event_starts_the_count_again() {
        let readiness = Readiness::new(true);
        readiness.wait(Direction::Read, &Context::from_waker(Waker::noop()));
        assert_eq!(readiness.count(Direction::Read, 5), 5);
        assert_eq!(readiness.count(Direction::Read, 5), 10);
        readiness.event(true, false);
        assert_eq!(readiness.count(Direction::Read, 5), 5);
    }
}
