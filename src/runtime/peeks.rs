//! Reads that leave the bytes in the socket until the turn is over.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::AsFd as _;
use std::rc::{Rc, Weak};
use std::time::Instant;

use socket2::Socket;

use super::reactor::Reactor;
use super::source::Source;
use super::trial::Trial;

/// The sockets of a loop whose bytes were read but not taken out yet.
///
/// To take bytes out of a Unix socket tells the other side that there is room, which wakes it for nothing. When a single
/// answer is awaited, a request likely follows at once and wakes it anyway: so the answer is only peeked at, and taken out
/// when the turn is over. That saves both sides a wake-up, unless waking takes so long on this machine that the other side
/// had better begin early: which of the two is the case is found out by trying. With several answers under way it does not
/// pay, since the other side is awake as a rule.
pub(super) struct Peeks {
    reactor: Rc<dyn Reactor>,
    /// Answers under way.
    awaited: Rc<Cell<usize>>,
    peeked: RefCell<Vec<Weak<Source>>>,
    /// Peeking, or taking out at once.
    trial: RefCell<Trial>,
    /// When the answer of this turn, or of the one before, came.
    came: Cell<Option<Instant>>,
    follow: Cell<Follow>,
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
    pub(super) fn new(reactor: Rc<dyn Reactor>) -> Self {
        Self {
            reactor,
            awaited: Rc::default(),
            peeked: RefCell::default(),
            trial: RefCell::new(Trial::new()),
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
        let mut trial = self.trial.borrow_mut();
        if let Some(before) = before.filter(|_| follows) {
            trial.took(now - before);
        }
        trial.takes_first()
    }

    /// Reads without taking out.
    pub(super) fn peek(&self, socket: &Socket, room: &mut [u8]) -> io::Result<usize> {
        self.reactor.peek(socket.as_fd(), room)
    }

    /// Takes note of a socket to be [taken from](Source::take_peeked) when the turn is over.
    pub(super) fn remember(&self, source: &Rc<Source>) {
        self.peeked.borrow_mut().push(Rc::downgrade(source));
    }

    /// The turn is over.
    pub(super) fn take_all(&self) {
        if self.follow.get() == Follow::Open {
            self.follow.set(Follow::No);
        }
        loop {
            let Some(source) = self.peeked.borrow_mut().pop() else { return };
            if let Some(source) = source.upgrade() {
                source.take_peeked();
            }
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
