//! The progress of a call, shared by its task and the task that ends calls of a silent server.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use super::error::Error;
use super::limits::{Limits, Steps};
use crate::runtime::traffic::Traffic;

/// The progress of one call.
#[derive(Default)]
pub struct Progress {
    ended: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    awaits: Cell<Awaits>,
    /// The bytes moved by the call's connection, if it has one.
    traffic: RefCell<Option<Rc<Traffic>>>,
    /// The signs of life, in bytes, at the last step at which they changed.
    moved: Cell<u64>,
    /// The number of steps since then.
    silent: Cell<u32>,
}

/// What a call waits for from its server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Awaits {
    /// Nothing.
    #[default]
    Nothing,
    /// The head of an answer.
    Head,
    /// The rest of an answer.
    Body,
}

impl Progress {
    /// Ends the call: wakes its task, which is then dropped.
    pub fn end(&self) {
        self.ended.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether the call was ended. If not, the task of `cx` is woken when it is ended.
    pub(super) fn is_ended(&self, cx: &Context<'_>) -> bool {
        if !self.ended.get() {
            let mut waker = self.waker.borrow_mut();
            if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                *waker = Some(cx.waker().clone());
            }
        }
        self.ended.get()
    }

    /// The call waits for a connection or for its next attempt.
    pub(super) fn set_waiting(&self) {
        self.awaits.set(Awaits::Nothing);
        self.traffic.take();
    }

    /// A connection is being opened for the call.
    pub(super) fn set_connecting(&self) {
        self.awaits.set(Awaits::Head);
        self.traffic.take();
    }

    /// The request is being sent over a connection with this traffic.
    pub(super) fn set_sent(&self, traffic: &Rc<Traffic>) {
        self.awaits.set(Awaits::Head);
        self.traffic.replace(Some(Rc::clone(traffic)));
    }

    /// The response head was received.
    pub(super) fn set_answered(&self) {
        self.awaits.set(Awaits::Body);
    }

    /// The number of bytes that the call's connection has moved in both directions.
    pub(super) fn moved(&self) -> u64 {
        self.traffic.borrow().as_ref().map_or(0, |traffic| traffic.read() + traffic.written())
    }

    /// The number of bytes that count as signs of life. Those of an incomplete response head do not count.
    fn signs_of_life(&self) -> u64 {
        let traffic = self.traffic.borrow();
        let Some(traffic) = traffic.as_ref() else { return 0 };
        match self.awaits.get() {
            Awaits::Head => traffic.written(),
            Awaits::Nothing | Awaits::Body => traffic.read() + traffic.written(),
        }
    }

    /// Called at each step. `excused` says that the server waits for us. Returns an error when the server's silence has
    /// reached the limit.
    pub(super) fn step(&self, excused: bool, limits: &SilenceLimits) -> Option<Error> {
        let limit = match self.awaits.get() {
            Awaits::Head => limits.head,
            Awaits::Body => limits.body,
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

/// Limits on the silence of a server, counted in steps. A step that is late counts once, so that time in which the process
/// was stopped or busy does not count. Sockets are read between two steps, so bytes that came in time are seen in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct SilenceLimits {
    pub(super) every: Duration,
    head: Option<(u32, Duration)>,
    body: Option<(u32, Duration)>,
}

impl SilenceLimits {
    /// `None` if there are no limits on silence.
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

    fn limits() -> SilenceLimits {
        let limits = Limits { head: Some(LIMIT), body: Some(2 * LIMIT), ..Limits::default() };
        SilenceLimits::new(&limits).unwrap()
    }

    /// Steps until it fails, and the code of the error.
    fn steps(progress: &Progress) -> (u32, &'static str) {
        let mut steps = 0;
        loop {
            steps += 1;
            if let Some(error) = progress.step(false, &limits()) {
                return (steps, error.code());
            }
        }
    }

    #[test]
    fn silence_before_and_after_the_head_has_its_own_limit() {
        let (progress, traffic) = (Progress::default(), Rc::<Traffic>::default());
        progress.set_connecting();
        assert_eq!(steps(&progress), (10, "ERR_CYCLE_HEADERS_TIMEOUT"));
        traffic.add_written(9);
        progress.set_sent(&traffic);
        // The step that sees what was written does not count.
        assert_eq!(steps(&progress), (11, "ERR_CYCLE_HEADERS_TIMEOUT"));
        traffic.add_read(9);
        progress.set_answered();
        assert_eq!(steps(&progress), (21, "ERR_CYCLE_BODY_TIMEOUT"));
    }

    #[test]
    fn a_byte_of_a_body_is_a_sign_of_life_and_one_of_a_head_is_not() {
        let (progress, traffic) = (Progress::default(), Rc::<Traffic>::default());
        progress.set_sent(&traffic);
        for _ in 0..9 {
            traffic.add_read(1);
            assert!(progress.step(false, &limits()).is_none());
        }
        traffic.add_read(1);
        assert!(progress.step(false, &limits()).is_some());
        progress.set_answered();
        for _ in 0..100 {
            traffic.add_read(1);
            assert!(progress.step(false, &limits()).is_none());
        }
    }

    #[test]
    fn nobody_is_blamed_for_what_this_side_holds_up() {
        let (progress, traffic) = (Progress::default(), Rc::<Traffic>::default());
        progress.set_sent(&traffic);
        for _ in 0..100 {
            assert!(progress.step(true, &limits()).is_none());
        }
        assert_eq!(steps(&progress), (10, "ERR_CYCLE_HEADERS_TIMEOUT"));
        progress.set_waiting();
        for _ in 0..100 {
            assert!(progress.step(false, &limits()).is_none());
        }
    }

    #[test]
    fn without_limits_nobody_counts() {
        assert!(SilenceLimits::new(&Limits { head: None, body: None, ..Limits::default() }).is_none());
        let only = SilenceLimits::new(&Limits { head: None, ..Limits::default() }).unwrap();
        let progress = Progress::default();
        progress.set_connecting();
        assert!((0..1000).all(|_| progress.step(false, &only).is_none()));
    }
}
