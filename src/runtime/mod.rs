//! Tasks, timers, sockets and a connection pool, without HTTP.
//!
//! [`EventLoop`] drives sockets on the caller's thread, inside of a host's loop. It never blocks or polls the system: a
//! [`Reactor`] of the host reports which sockets are ready and which timers are due, and the host calls [`EventLoop::tick`]
//! once in each tick of its loop. Nothing here knows which host that is. [`io_thread`] is a thread for where there is none.

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

/// Runs the tasks, timers and sockets of one thread.
pub struct EventLoop {
    executor: Executor,
    timers: Rc<Timers>,
    reactor: Rc<dyn Reactor>,
    inbox: Rc<Inbox>,
    peeks: Rc<Peeks>,
    /// The number of entries after which tasks run; 1 unless corked.
    expected: Cell<usize>,
    /// The number of next entries after which tasks do not run yet.
    waits: Cell<usize>,
}

impl EventLoop {
    /// Makes a loop over `reactor`.
    ///
    /// `notify` is called, from any thread, when a task becomes ready and no [`tick`](Self::tick) is certain to follow. It must
    /// cause one.
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

    /// Adds a task. It is first polled by the next [`tick`](Self::tick), or at the end of the [`enter`](Self::enter) around this
    /// call. A closed loop drops the task.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.executor.spawn(Box::pin(task));
    }

    /// Says that a [`tick`](Self::tick) follows soon, so that tasks that become ready until then need no notification.
    pub fn attend(&self) {
        self.executor.attend();
    }

    /// Runs `work`, then all ready tasks: requests that `work` starts are written when this returns, unless they are
    /// [corked](Self::cork).
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.attend();
        let result = work();
        if let Some(left) = self.waits.get().checked_sub(1) {
            self.waits.set(left);
        } else {
            self.waits.set(self.expected.get() - 1);
            self.tick();
        }
        result
    }

    /// Runs `work`, in which calls of [`enter`](Self::enter) run tasks only after every `expected` of them, and at the end:
    /// requests that are written together wake the server once instead of one by one.
    pub fn cork<R>(&self, expected: usize, work: impl FnOnce() -> R) -> R {
        let expect = |entries: usize| {
            self.expected.set(entries);
            self.waits.set(entries - 1);
        };
        expect(expected.max(1));
        let result = work();
        expect(1);
        self.tick();
        result
    }

    /// Polls ready tasks until none is left, or until the limit of polls is reached: then the loop's `notify` is called for
    /// the rest. Does nothing when called by a task.
    pub fn tick(&self) {
        self.executor.run();
    }

    /// Called when a request is about to be written. Its answer counts as awaited until the result is dropped.
    #[must_use]
    pub fn await_answer(&self) -> Awaited {
        self.peeks.await_answer()
    }

    /// Takes bytes out of the sockets that were only peeked at. The host calls this at the end of each tick, after all events
    /// were delivered.
    pub fn finish_reads(&self) {
        self.peeks.take_all();
    }

    /// Wakes the tasks whose timers are due. They run in the next [`tick`](Self::tick).
    pub fn expire(&self) {
        self.timers.expire(Instant::now());
    }

    /// A future that resolves `delay` from now.
    #[must_use]
    pub fn sleep(&self, delay: Duration) -> Sleep {
        Sleep::new(Rc::clone(&self.timers), Instant::now().checked_add(delay))
    }

    /// The number of sleeping tasks.
    #[cfg(test)]
    pub(crate) fn sleepers(&self) -> usize {
        self.timers.sleepers()
    }

    /// Drops all tasks with their sockets and timers. New ones are dropped at once.
    pub fn close(&self) {
        self.executor.close();
    }
}
