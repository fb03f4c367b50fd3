//! How far a call has come: what its task and whoever watches over it share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use super::error::Error;
use super::limits::{Limits, Steps};
use crate::runtime::traffic::Traffic;

/// The state of one call.
#[derive(Default)]
pub struct Progress {
    ended: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    awaits: Cell<Awaits>,
    /// What went over the connection that the call has, if it has one.
    traffic: RefCell<Option<Rc<Traffic>>>,
    /// The bytes that had been moved at the last step that saw a difference.
    moved: Cell<u64>,
    /// Steps since.
    silent: Cell<u32>,
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Awaits {
    /// Nothing that its server owes it.
    #[default]
    Nothing,
    /// The head of an answer.
    Head,
    /// The rest of an answer.
    Body,
}

impl Progress {
    /// Ends the call: its task is dropped when it is polled next, which is soon.
    pub fn end(&self) {
        self.ended.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether the call was ended. If not, the task of `cx` is woken when it is.
    pub(super) fn is_ended(&self, cx: &Context<'_>) -> bool {
        if !self.ended.get() {
            let mut waker = self.waker.borrow_mut();
            if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                *waker = Some(cx.waker().clone());
            }
        }
        self.ended.get()
    }

    /// The call has no connection, and waits for none that is being opened.
    pub(super) fn rests(&self) {
        self.awaits.set(Awaits::Nothing);
        self.traffic.take();
    }

    /// A connection is opened for the call.
    pub(super) fn connects(&self) {
        self.awaits.set(Awaits::Head);
        self.traffic.take();
    }

    /// The request is sent over a connection.
    pub(super) fn sends(&self, traffic: &Rc<Traffic>) {
        self.awaits.set(Awaits::Head);
        self.traffic.replace(Some(Rc::clone(traffic)));
    }

    /// The head of the answer came.
    pub(super) fn is_answered(&self) {
        self.awaits.set(Awaits::Body);
    }

    /// Bytes that went over the connection of the call.
    pub(super) fn moved(&self) -> u64 {
        self.traffic.borrow().as_ref().map_or(0, |traffic| traffic.read() + traffic.written())
    }

    /// What counts as a sign of life. Parts of a head do not: it has to come as a whole.
    fn signs_of_life(&self) -> u64 {
        let traffic = self.traffic.borrow();
        let Some(traffic) = traffic.as_ref() else { return 0 };
        match self.awaits.get() {
            Awaits::Head => traffic.written(),
            Awaits::Nothing | Awaits::Body => traffic.read() + traffic.written(),
        }
    }

    /// A step of time. `excused` says that the server waits for this side. Gives a failure when its silence is over the
    /// limit.
    pub(super) fn step(&self, excused: bool, patience: &Patience) -> Option<Error> {
        let limit = match self.awaits.get() {
            Awaits::Head => patience.head,
            Awaits::Body => patience.body,
            Awaits::Nothing => None,
        };
        let moved = self.signs_of_life();
        let Some((steps, limit)) = limit.filter(|_| !excused && moved == self.moved.get()) else {
            self.moved.set(moved);
            self.silent.set(0);
            return None;
        };
        self.silent.set(self.silent.get() + 1);
        if self.silent.get() < steps {
            return None;
        }
        let milliseconds = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        Some(match self.awaits.get() {
            Awaits::Body => Error::BodyTimeout { milliseconds },
            Awaits::Head | Awaits::Nothing => Error::HeadersTimeout { milliseconds },
        })
    }
}

/// How much silence calls bear, in steps: one that is late counts once, however long the process was stopped or busy.
/// Between two steps sockets are read, so what came in time is seen in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) every: Duration,
    head: Option<(u32, Duration)>,
    body: Option<(u32, Duration)>,
}

impl Patience {
    /// None when silence has no limit.
    pub(super) fn new(limits: &Limits) -> Option<Self> {
        let shortest = limits.head.into_iter().chain(limits.body).min()?;
        let steps = Steps::for_limit(shortest);
        let counted = |limit: Option<Duration>| limit.map(|limit| (steps.beyond(limit), limit));
        Some(Self { every: steps.every, head: counted(limits.head), body: counted(limits.body) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(100);

    fn patience() -> Patience {
        let limits = Limits { head: Some(LIMIT), body: Some(2 * LIMIT), ..Limits::default() };
        Patience::new(&limits).unwrap()
    }

    /// Steps until it fails, and the code of the failure.
    fn steps(progress: &Progress) -> (u32, &'static str) {
        let mut steps = 0;
        loop {
            steps += 1;
            if let Some(error) = progress.step(false, &patience()) {
                return (steps, error.code());
            }
        }
    }

    #[test]
    fn silence_before_and_after_the_head_has_its_own_limit() {
        let (progress, traffic) = (Progress::default(), Rc::<Traffic>::default());
        progress.connects();
        assert_eq!(steps(&progress), (10, "ERR_CYCLE_HEADERS_TIMEOUT"));
        traffic.add_written(9);
        progress.sends(&traffic);
        // The step that sees what was written does not count.
        assert_eq!(steps(&progress), (11, "ERR_CYCLE_HEADERS_TIMEOUT"));
        traffic.add_read(9);
        progress.is_answered();
        assert_eq!(steps(&progress), (21, "ERR_CYCLE_BODY_TIMEOUT"));
    }

    #[test]
    fn a_byte_of_a_body_is_a_sign_of_life_and_one_of_a_head_is_not() {
        let (progress, traffic) = (Progress::default(), Rc::<Traffic>::default());
        progress.sends(&traffic);
        for _ in 0..9 {
            traffic.add_read(1);
            assert!(progress.step(false, &patience()).is_none());
        }
        traffic.add_read(1);
        assert!(progress.step(false, &patience()).is_some());
        progress.is_answered();
        for _ in 0..100 {
            traffic.add_read(1);
            assert!(progress.step(false, &patience()).is_none());
        }
    }

    #[test]
    fn nobody_is_blamed_for_what_this_side_holds_up() {
        let (progress, traffic) = (Progress::default(), Rc::<Traffic>::default());
        progress.sends(&traffic);
        for _ in 0..100 {
            assert!(progress.step(true, &patience()).is_none());
        }
        assert_eq!(steps(&progress), (10, "ERR_CYCLE_HEADERS_TIMEOUT"));
        progress.rests();
        for _ in 0..100 {
            assert!(progress.step(false, &patience()).is_none());
        }
    }

    #[test]
    fn without_limits_nobody_counts() {
        assert!(Patience::new(&Limits { head: None, body: None, ..Limits::default() }).is_none());
        let only = Patience::new(&Limits { head: None, ..Limits::default() }).unwrap();
        let progress = Progress::default();
        progress.connects();
        assert!((0..1000).all(|_| progress.step(false, &only).is_none()));
    }
}
