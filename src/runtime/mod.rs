//! Tasks, timers, sockets and a pool of connections, without HTTP.
//!
//! [`EventLoop`] drives sockets on the caller's own thread, without a thread hop. It never blocks and
//! never polls the system itself: a [`Reactor`] owned by the host's loop tells it which sockets are
//! ready and which timers are due, and the host calls [`EventLoop::turn`] once per turn of its loop.
//! Nothing here knows which host that is. Where there is none, [`io_thread`] is a thread that waits.

mod connect;
mod executor;
mod inbox;
pub mod io_thread;
mod peeks;
pub mod pool;
mod reactor;
mod readiness;
mod source;
mod stream;
mod timers;
pub mod traffic;

#[cfg(test)]
pub(crate) mod test_reactor;

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub use connect::{Address, connect};
pub use peeks::Awaited;
pub use reactor::{Reactor, Watch};
pub use readiness::Interest;
pub use source::Source;
pub use stream::{Probe, Stream};
pub use timers::Sleep;

use executor::Executor;
use inbox::Inbox;
use peeks::Peeks;
use timers::Timers;

/// Tasks, timers and sockets of one thread.
pub struct EventLoop {
    executor: Executor,
    timers: Rc<Timers>,
    reactor: Rc<dyn Reactor>,
    inbox: Rc<Inbox>,
    peeks: Rc<Peeks>,
    /// How many entries make a gathering; one outside of it.
    expected: Cell<usize>,
    /// How many of the next entries wait for the one after them.
    waits: Cell<usize>,
}

impl EventLoop {
    /// Makes a loop over `reactor`.
    ///
    /// `notify` is called, from any thread, when a task becomes ready while nobody is about to call
    /// [`turn`](Self::turn); it must see to it that somebody does.
    pub fn new(reactor: Rc<dyn Reactor>, notify: impl Fn() + Send + Sync + 'static) -> Rc<Self> {
        Rc::new(Self {
            executor: Executor::new(notify),
            timers: Rc::new(Timers::new(Rc::clone(&reactor))),
            peeks: Rc::new(Peeks::new()),
            reactor,
            inbox: Rc::new(Inbox::new()),
            expected: Cell::new(1),
            waits: Cell::new(0),
        })
    }

    /// Adds a task. It is first polled by the next [`turn`](Self::turn), or at the end of the
    /// [`enter`](Self::enter) that encloses this call. On a closed loop the task is dropped.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.executor.spawn(Box::pin(task));
    }

    /// Promises that [`turn`](Self::turn) follows soon, so that tasks that become ready until then
    /// need no notification.
    pub fn attend(&self) {
        self.executor.attend();
    }

    /// Runs `work`, then every task that is ready: what the work starts is under way when this
    /// returns, unless it is [gathered](Self::gather).
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.attend();
        let result = work();
        if let Some(left) = self.waits.get().checked_sub(1) {
            self.waits.set(left);
        } else {
            self.waits.set(self.expected.get() - 1);
            self.turn();
        }
        result
    }

    /// Runs `work`. What it [enters](Self::enter) is under way whenever there are `expected` entries, and when the work is
    /// done: requests that are written together wake the other side once and not one by one.
    pub fn gather<R>(&self, expected: usize, work: impl FnOnce() -> R) -> R {
        let expect = |entries: usize| {
            self.expected.set(entries);
            self.waits.set(entries - 1);
        };
        expect(expected.max(1));
        let result = work();
        expect(1);
        self.turn();
        result
    }

    /// Polls ready tasks until none is left, or until so many were polled that the host's own work
    /// should have its turn first (the rest is then announced through the notification).
    /// Does nothing when called by a task.
    pub fn turn(&self) {
        self.executor.run();
    }

    /// A request is about to be written. Its answer is under way until the result is dropped.
    #[must_use]
    pub fn await_answer(&self) -> Awaited {
        self.peeks.await_answer()
    }

    /// Takes out of the sockets what was only peeked at. The host calls this at the end of its turn, when all that came of
    /// it was delivered.
    pub fn finish_reads(&self) {
        self.peeks.take_all();
    }

    /// Wakes the sleepers whose time has come. The tasks run in the next [`turn`](Self::turn).
    pub fn expire(&self) {
        self.timers.expire(Instant::now());
    }

    /// A future that is done `delay` from now.
    #[must_use]
    pub fn sleep(&self, delay: Duration) -> Sleep {
        Sleep::new(Rc::clone(&self.timers), Instant::now().checked_add(delay))
    }

    /// How many tasks sleep.
    #[cfg(test)]
    pub(crate) fn sleepers(&self) -> usize {
        self.timers.sleepers()
    }

    /// Drops every task, and with them their sockets and timers, and accepts no new ones.
    pub fn close(&self) {
        self.executor.close();
    }
}
