//! Timers of an event loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::reactor::Reactor;

/// A deadline, and a number to distinguish equal ones.
type Key = (Instant, u64);

/// The sleeping tasks by deadline. The reactor is asked to wake the loop at the earliest one. When a sleeper is dropped, that
/// request stays: a needless wake-up is cheaper than another request.
pub(super) struct Timers {
    sleepers: RefCell<BTreeMap<Key, Waker>>,
    next: Cell<u64>,
    requested: Cell<Option<Instant>>,
    reactor: Rc<dyn Reactor>,
}

impl Timers {
    pub(super) fn new(reactor: Rc<dyn Reactor>) -> Self {
        Self { sleepers: RefCell::default(), next: Cell::new(0), requested: Cell::new(None), reactor }
    }

    /// Wakes all sleepers whose deadline is not after `now`, and requests a wake-up for the rest.
    pub(super) fn expire(&self, now: Instant) {
        self.requested.set(None);
        loop {
            let mut sleepers = self.sleepers.borrow_mut();
            let Some(entry) = sleepers.first_entry() else { return };
            let deadline = entry.key().0;
            if deadline > now {
                drop(sleepers);
                self.request(deadline);
                return;
            }
            let waker = entry.remove();
            drop(sleepers);
            waker.wake();
        }
    }

    #[cfg(test)]
    pub(super) fn sleepers(&self) -> usize {
        self.sleepers.borrow().len()
    }

    fn request(&self, deadline: Instant) {
        if self.requested.get().is_none_or(|requested| deadline < requested) {
            self.requested.set(Some(deadline));
            self.reactor.wake_at(deadline);
        }
    }

    fn add(&self, deadline: Instant, waker: Waker) -> Key {
        let key = (deadline, self.next.get());
        self.next.set(key.1 + 1);
        self.sleepers.borrow_mut().insert(key, waker);
        self.request(deadline);
        key
    }
}

/// The future of [`EventLoop::sleep`](super::EventLoop::sleep).
pub struct Sleep {
    timers: Rc<Timers>,
    /// `None` is later than the clock can express, and never comes.
    deadline: Option<Instant>,
    key: Option<Key>,
}

impl Sleep {
    pub(super) fn new(timers: Rc<Timers>, deadline: Option<Instant>) -> Self {
        Self { timers, deadline, key: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        if let Some(key) = self.key {
            if let Some(waker) = self.timers.sleepers.borrow_mut().get_mut(&key) {
                waker.clone_from(cx.waker());
                return Poll::Pending;
            }
            // The sleeper is not there: `expire` has removed and woken it.
            self.key = None;
            self.deadline = Some(Instant::now());
            return Poll::Ready(());
        }
        if deadline <= Instant::now() {
            return Poll::Ready(());
        }
        self.key = Some(self.timers.add(deadline, cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.timers.sleepers.borrow_mut().remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, os::fd::BorrowedFd, rc::Weak, time::Duration};

    use super::super::Source;
    use super::super::reactor::Watch;
    use super::*;

    #[derive(Default)]
    struct Clock(RefCell<Vec<Instant>>);

    impl Reactor for Clock {
        fn watch(&self, _: BorrowedFd<'_>, _: Weak<Source>) -> io::Result<Box<dyn Watch>> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn readable(&self, _: &[(BorrowedFd<'_>, usize)]) -> Vec<bool> {
            Vec::new()
        }

        fn wake_at(&self, deadline: Instant) {
            self.0.borrow_mut().push(deadline);
        }
    }

    fn poll(sleep: &mut Sleep) -> Poll<()> {
        Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn asks_for_the_earliest_deadline_only() {
        let clock = Rc::new(Clock::default());
        let timers = Rc::new(Timers::new(clock.clone()));
        let start = Instant::now() + Duration::from_secs(60);
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut sleeps: Vec<Sleep> =
            [20, 10, 30].map(|s| Sleep::new(Rc::clone(&timers), Some(after(s)))).into();
        for sleep in &mut sleeps {
            assert!(poll(sleep).is_pending());
        }
        assert_eq!(*clock.0.borrow(), [after(20), after(10)]);
        timers.expire(after(10));
        assert_eq!(*clock.0.borrow(), [after(20), after(10), after(20)]);
        assert!(poll(&mut sleeps[1]).is_ready());
        assert!(poll(&mut sleeps[0]).is_pending());
    }

    #[test]
    fn a_dropped_sleeper_is_forgotten() {
        let timers = Rc::new(Timers::new(Rc::new(Clock::default())));
        let mut sleep = Sleep::new(Rc::clone(&timers), Some(Instant::now() + Duration::from_secs(60)));
        assert!(poll(&mut sleep).is_pending());
        drop(sleep);
        assert!(timers.sleepers.borrow().is_empty());
    }

    #[test]
    fn no_delay_is_over_at_once_and_an_endless_one_never() {
        let timers = Rc::new(Timers::new(Rc::new(Clock::default())));
        assert!(poll(&mut Sleep::new(Rc::clone(&timers), Some(Instant::now()))).is_ready());
        assert!(poll(&mut Sleep::new(timers, None)).is_pending());
    }
}
