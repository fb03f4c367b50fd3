//! A pool of connections.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Connections to one server, of which at most `limit` are open. The idle one that was used last is used next. When all are
/// in use, callers wait; first come, first served.
pub struct Pool<C> {
    limit: usize,
    open: Cell<usize>,
    closed: Cell<bool>,
    idle: RefCell<Vec<C>>,
    waiters: RefCell<VecDeque<Rc<Waiter<C>>>>,
}

/// The result of [`Pool::acquire`].
pub enum Lease<C> {
    /// An idle connection.
    Idle(C),
    /// The right to open a new one.
    Open(Permit<C>),
}

/// The right to have one connection open. When it is dropped, the next waiting caller gets it.
pub struct Permit<C>(Rc<Pool<C>>);

struct Waiter<C> {
    lease: RefCell<Option<Lease<C>>>,
    waker: Cell<Option<Waker>>,
}

impl<C> Pool<C> {
    /// Makes an empty pool that allows `limit` open connections, at least one.
    #[must_use]
    pub fn new(limit: usize) -> Rc<Self> {
        Rc::new(Self {
            limit: limit.max(1),
            open: Cell::new(0),
            closed: Cell::new(false),
            idle: RefCell::default(),
            waiters: RefCell::default(),
        })
    }

    /// Returns an idle connection, or the right to open one, or waits for either. `is_usable` is asked right before an idle
    /// connection is returned; unusable ones are dropped.
    pub async fn acquire(self: &Rc<Self>, is_usable: impl Fn(&C) -> bool) -> Lease<C> {
        loop {
            match self.try_acquire(&is_usable) {
                Some(lease) => return lease,
                None => match self.wait(VecDeque::push_back).await {
                    Lease::Idle(connection) if !is_usable(&connection) => {}
                    lease => return lease,
                },
            }
        }
    }

    fn try_acquire(self: &Rc<Self>, is_usable: &impl Fn(&C) -> bool) -> Option<Lease<C>> {
        // Taken out first: dropping a connection may run any code, also of this pool.
        while let Some(connection) = { self.idle.borrow_mut().pop() } {
            if is_usable(&connection) {
                return Some(Lease::Idle(connection));
            }
        }
        self.try_permit().map(Lease::Open)
    }

    /// Returns the right to open a connection. At the limit, drops the connection that was idle longest, and waits before
    /// all others.
    pub async fn acquire_new(self: &Rc<Self>) -> Permit<C> {
        loop {
            if let Some(permit) = self.try_permit() {
                return permit;
            }
            // A statement of its own: dropping a connection may run any code, also of this pool.
            let oldest = {
                let mut idle = self.idle.borrow_mut();
                (!idle.is_empty()).then(|| idle.remove(0))
            };
            let wait = self.wait(VecDeque::push_front);
            drop(oldest);
            if let Lease::Open(permit) = wait.await {
                return permit;
            }
        }
    }

    fn try_permit(self: &Rc<Self>) -> Option<Permit<C>> {
        (self.open.get() < self.limit).then(|| {
            self.open.set(self.open.get() + 1);
            Permit(Rc::clone(self))
        })
    }

    fn wait(self: &Rc<Self>, enqueue: impl FnOnce(&mut VecDeque<Rc<Waiter<C>>>, Rc<Waiter<C>>)) -> Wait<C> {
        let waiter = Rc::new(Waiter { lease: RefCell::new(None), waker: Cell::new(None) });
        enqueue(&mut self.waiters.borrow_mut(), Rc::clone(&waiter));
        Wait { pool: Rc::clone(self), waiter }
    }

    /// Returns a connection to the pool: to the caller that has waited longest, or to the idle ones. A closed pool drops it.
    pub fn put(&self, connection: C) {
        if let Some(waiter) = self.next_waiter() {
            waiter.give(Lease::Idle(connection));
        } else if !self.closed.get() {
            self.idle.borrow_mut().push(connection);
        }
    }

    /// Calls `show` with up to `most` idle connections: those that are used next.
    pub fn next<R>(&self, most: usize, show: impl FnOnce(&[C]) -> R) -> R {
        let idle = self.idle.borrow();
        show(&idle[idle.len().saturating_sub(most)..])
    }

    /// Drops the idle connections for which `keep` is false.
    pub fn retain(&self, keep: impl FnMut(&C) -> bool) {
        // Taken out first: dropping a connection may run any code, also of this pool.
        let (kept, dropped): (Vec<C>, Vec<C>) = self.idle.take().into_iter().partition(keep);
        self.idle.replace(kept);
        drop(dropped);
    }

    /// Drops all idle connections, and from now on those that are put back. Callers that wait are still served.
    pub fn close(&self) {
        self.closed.set(true);
        drop(self.idle.take());
    }

    /// The number of connections that are open or being opened.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.get()
    }

    fn next_waiter(&self) -> Option<Rc<Waiter<C>>> {
        self.waiters.borrow_mut().pop_front()
    }
}

impl<C> Waiter<C> {
    fn give(&self, lease: Lease<C>) {
        self.lease.replace(Some(lease));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl<C> Drop for Permit<C> {
    fn drop(&mut self) {
        match self.0.next_waiter() {
            Some(waiter) => waiter.give(Lease::Open(Self(Rc::clone(&self.0)))),
            None => self.0.open.set(self.0.open.get() - 1),
        }
    }
}

/// The wait for a lease.
struct Wait<C> {
    pool: Rc<Pool<C>>,
    waiter: Rc<Waiter<C>>,
}

impl<C> Future for Wait<C> {
    type Output = Lease<C>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Lease<C>> {
        if let Some(lease) = self.waiter.lease.take() {
            return Poll::Ready(lease);
        }
        self.waiter.waker.set(Some(cx.waker().clone()));
        Poll::Pending
    }
}

impl<C> Drop for Wait<C> {
    fn drop(&mut self) {
        self.pool.waiters.borrow_mut().retain(|waiter| !Rc::ptr_eq(waiter, &self.waiter));
        // A lease that was given but not taken goes to the next.
        match self.waiter.lease.take() {
            Some(Lease::Idle(connection)) => self.pool.put(connection),
            Some(Lease::Open(permit)) => drop(permit),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection with a name, and whether it is usable.
    #[derive(Debug)]
    struct Named(&'static str, Rc<Cell<bool>>);

    impl Named {
        fn new(name: &'static str) -> Self {
            Self(name, Rc::new(Cell::new(true)))
        }
    }

    type Acquire = Pin<Box<dyn Future<Output = Lease<Named>>>>;

    fn acquire(pool: &Rc<Pool<Named>>) -> Acquire {
        let pool = Rc::clone(pool);
        Box::pin(async move { pool.acquire(|connection| connection.1.get()).await })
    }

    fn poll(acquire: &mut Acquire) -> Option<Lease<Named>> {
        match acquire.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(lease) => Some(lease),
            Poll::Pending => None,
        }
    }

    fn permit(pool: &Rc<Pool<Named>>) -> Permit<Named> {
        match poll(&mut acquire(pool)) {
            Some(Lease::Open(permit)) => permit,
            _ => panic!("no permit"),
        }
    }

    fn idle(lease: Option<Lease<Named>>) -> Option<&'static str> {
        lease.map(|lease| match lease {
            Lease::Idle(connection) => connection.0,
            Lease::Open(_) => "a permit",
        })
    }

    #[test]
    fn the_connection_used_last_is_used_next() {
        let pool = Pool::new(10);
        pool.put(Named::new("a"));
        pool.put(Named::new("b"));
        assert_eq!(idle(poll(&mut acquire(&pool))), Some("b"));
        assert_eq!(idle(poll(&mut acquire(&pool))), Some("a"));
        assert_eq!(idle(poll(&mut acquire(&pool))), Some("a permit"));
    }

    #[test]
    fn an_unusable_connection_is_passed_over() {
        let pool = Pool::new(10);
        pool.put(Named::new("a"));
        let dead = Named::new("b");
        dead.1.set(false);
        pool.put(dead);
        assert_eq!(idle(poll(&mut acquire(&pool))), Some("a"));
    }

    #[test]
    fn no_more_than_the_limit_are_open() {
        let pool = Pool::new(2);
        let (first, second) = (permit(&pool), permit(&pool));
        let mut third = acquire(&pool);
        assert!(poll(&mut third).is_none());
        assert_eq!(pool.open(), 2);
        drop(first);
        assert_eq!(pool.open(), 2);
        assert_eq!(idle(poll(&mut third)), Some("a permit"));
        assert_eq!(pool.open(), 1);
        drop(second);
        assert_eq!(pool.open(), 0);
    }

    #[test]
    fn who_came_first_is_served_first() {
        let pool = Pool::new(1);
        let _permit = permit(&pool);
        let (mut first, mut second) = (acquire(&pool), acquire(&pool));
        assert!(poll(&mut first).is_none() && poll(&mut second).is_none());
        pool.put(Named::new("a"));
        assert!(poll(&mut second).is_none());
        assert_eq!(idle(poll(&mut first)), Some("a"));
        pool.put(Named::new("b"));
        assert_eq!(idle(poll(&mut second)), Some("b"));
    }

    #[test]
    fn who_gives_up_waiting_passes_on_what_was_given() {
        let pool = Pool::new(1);
        let held = permit(&pool);
        let (mut first, mut second, mut third) = (acquire(&pool), acquire(&pool), acquire(&pool));
        for wait in [&mut first, &mut second, &mut third] {
            assert!(poll(wait).is_none());
        }
        drop(second);
        pool.put(Named::new("a"));
        drop(first);
        assert_eq!(idle(poll(&mut third)), Some("a"));
        let mut fourth = acquire(&pool);
        assert!(poll(&mut fourth).is_none());
        drop(held);
        drop(fourth);
        assert_eq!(pool.open(), 0);
    }

    #[test]
    fn a_connection_that_dies_on_its_way_to_a_waiter_is_not_used() {
        let pool = Pool::new(1);
        let held = permit(&pool);
        let mut wait = acquire(&pool);
        assert!(poll(&mut wait).is_none());
        let connection = Named::new("a");
        let usable = Rc::clone(&connection.1);
        pool.put(connection);
        usable.set(false);
        assert!(poll(&mut wait).is_none());
        drop(held);
        assert_eq!(idle(poll(&mut wait)), Some("a permit"));
    }

    #[test]
    fn who_wants_a_new_connection_gets_none_that_is_idle() {
        let pool = Pool::new(2);
        let (first, second) = (permit(&pool), permit(&pool));
        let (old, young) = (Named::new("old"), Named::new("young"));
        let (old_lives, young_lives) = (Rc::downgrade(&old.1), Rc::downgrade(&young.1));
        pool.put(old);
        pool.put(young);
        let mut new = Box::pin(pool.acquire_new());
        let mut poll_new = || new.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll_new().is_pending());
        assert!(old_lives.upgrade().is_none() && young_lives.upgrade().is_some());
        drop(first);
        let new = poll_new();
        assert!(new.is_ready());
        assert_eq!(pool.open(), 2);
        drop((new, second));
        assert_eq!(pool.open(), 0);
    }

    #[test]
    fn who_wants_a_new_connection_goes_before_others() {
        let pool = Pool::new(1);
        let held = permit(&pool);
        let mut other = acquire(&pool);
        assert!(poll(&mut other).is_none());
        let mut new = Box::pin(pool.acquire_new());
        let mut poll_new = || new.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll_new().is_pending());
        // The connection that is put back is closed to make room.
        pool.put(Named::new("a"));
        assert!(poll_new().is_pending());
        drop(held);
        assert!(poll_new().is_ready());
        assert!(poll(&mut other).is_some());
    }

    #[test]
    fn a_closed_pool_keeps_nothing() {
        let pool = Pool::new(2);
        let (a, b) = (Named::new("a"), Named::new("b"));
        let (a_lives, b_lives) = (Rc::downgrade(&a.1), Rc::downgrade(&b.1));
        pool.put(a);
        pool.close();
        pool.put(b);
        assert!(a_lives.upgrade().is_none() && b_lives.upgrade().is_none());
    }

    #[test]
    fn the_next_are_those_used_last() {
        let pool = Pool::new(10);
        let names =
            |most| pool.next(most, |idle| idle.iter().map(|named: &Named| named.0).collect::<String>());
        assert_eq!(names(2), "");
        for name in ["a", "b", "c"] {
            pool.put(Named::new(name));
        }
        assert_eq!((names(2), names(9)), ("bc".into(), "abc".into()));
    }

    #[test]
    fn retain_drops_the_others() {
        let pool = Pool::new(2);
        pool.put(Named::new("a"));
        pool.put(Named::new("b"));
        pool.retain(|connection| connection.0 == "a");
        assert_eq!(idle(poll(&mut acquire(&pool))), Some("a"));
        assert_eq!(idle(poll(&mut acquire(&pool))), Some("a permit"));
    }
}
