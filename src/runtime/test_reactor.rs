//! A host for tests, with mio instead of libuv.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, RawFd};
use std::rc::{Rc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Poll, Token};
use rustix::net::{RecvFlags, recv};

use super::{EventLoop, Interest, Reactor, Source, Watch};

pub(crate) struct TestReactor {
    poll: Rc<RefCell<Poll>>,
    watched: Rc<RefCell<HashMap<usize, Rc<Watched>>>>,
    next: Cell<usize>,
    deadline: Cell<Option<Instant>>,
    /// The number of socket events so far.
    pub(crate) events: Cell<usize>,
    /// How long a liveness check takes.
    pub(crate) check_duration: Cell<Duration>,
    /// The number of sockets of each liveness check.
    pub(crate) checked: RefCell<Vec<usize>>,
}

struct Watched {
    fd: RawFd,
    registered: Cell<bool>,
    interest: Cell<Interest>,
    source: Weak<Source>,
}

struct TestWatch {
    key: usize,
    watched: Rc<Watched>,
    poll: Rc<RefCell<Poll>>,
    all: Rc<RefCell<HashMap<usize, Rc<Watched>>>>,
}

/// A loop and the reactor that hosts it.
pub(crate) fn event_loop() -> (Rc<EventLoop>, Rc<TestReactor>) {
    let reactor = Rc::new(TestReactor {
        poll: Rc::new(RefCell::new(Poll::new().expect("an epoll"))),
        watched: Rc::default(),
        next: Cell::new(0),
        deadline: Cell::new(None),
        events: Cell::new(0),
        check_duration: Cell::default(),
        checked: RefCell::default(),
    });
    (EventLoop::new(reactor.clone(), || {}), reactor)
}

impl TestReactor {
    /// Runs a tick: waits for events or a deadline, at most for `patience`, and runs the loop.
    pub(crate) fn tick(&self, event_loop: &EventLoop, patience: Duration) {
        self.begin_tick(event_loop, patience);
        event_loop.finish_reads();
    }

    /// Runs a tick up to the delivery of its events, without its end.
    pub(crate) fn begin_tick(&self, event_loop: &EventLoop, patience: Duration) {
        let due = self.deadline.get().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let mut events = Events::with_capacity(64);
        let timeout = due.map_or(patience, |due| due.min(patience));
        self.poll.borrow_mut().poll(&mut events, Some(timeout)).expect("a poll");
        event_loop.attend();
        for event in &events {
            let Some(watched) = self.watched.borrow().get(&event.token().0).map(Rc::clone) else { continue };
            self.events.set(self.events.get() + 1);
            let interest = watched.interest.get();
            let failed = event.is_error();
            let readable = interest.readable && (event.is_readable() || failed);
            let writable = interest.writable && (event.is_writable() || failed);
            let Some(source) = watched.source.upgrade() else { continue };
            let next = source.event(readable, writable).unwrap_or(interest);
            // mio is edge-triggered. Registering again makes it report again what is still ready.
            watched.apply(&self.poll.borrow(), event.token().0, next).expect("a watch");
        }
        if self.deadline.get().is_some_and(|deadline| deadline <= Instant::now()) {
            self.deadline.set(None);
            event_loop.expire();
        }
        event_loop.tick();
    }
}

impl Watched {
    fn apply(&self, poll: &Poll, key: usize, interest: Interest) -> io::Result<()> {
        self.interest.set(interest);
        let mut source = SourceFd(&self.fd);
        let wanted = match (interest.readable, interest.writable) {
            (true, true) => mio::Interest::READABLE | mio::Interest::WRITABLE,
            (true, false) => mio::Interest::READABLE,
            (false, true) => mio::Interest::WRITABLE,
            (false, false) => {
                if self.registered.replace(false) {
                    poll.registry().deregister(&mut source)?;
                }
                return Ok(());
            }
        };
        if self.registered.replace(true) {
            poll.registry().reregister(&mut source, Token(key), wanted)
        } else {
            poll.registry().register(&mut source, Token(key), wanted)
        }
    }
}

impl Reactor for TestReactor {
    fn watch(&self, fd: BorrowedFd<'_>, source: Weak<Source>) -> io::Result<Box<dyn Watch>> {
        let key = self.next.replace(self.next.get() + 1);
        let watched = Rc::new(Watched {
            fd: fd.as_raw_fd(),
            registered: Cell::new(false),
            interest: Cell::default(),
            source,
        });
        self.watched.borrow_mut().insert(key, Rc::clone(&watched));
        Ok(Box::new(TestWatch { key, watched, poll: Rc::clone(&self.poll), all: Rc::clone(&self.watched) }))
    }

    fn readable(&self, sockets: &[(BorrowedFd<'_>, usize)]) -> Vec<bool> {
        let is_readable = |&(socket, known): &(BorrowedFd<'_>, usize)| {
            let found = peek(socket, &mut vec![0; known + 1]);
            found.map_or_else(
                |error| error.kind() != io::ErrorKind::WouldBlock,
                |bytes| bytes != known || bytes == 0,
            )
        };
        let readable = sockets.iter().map(is_readable).collect();
        self.checked.borrow_mut().push(sockets.len());
        thread::sleep(self.check_duration.get());
        readable
    }

    fn wake_at(&self, deadline: Instant) {
        self.deadline.set(Some(deadline));
    }
}

impl Watch for TestWatch {
    fn set(&self, interest: Interest) -> io::Result<()> {
        self.watched.apply(&self.poll.borrow(), self.key, interest)
    }
}

impl Drop for TestWatch {
    fn drop(&mut self) {
        let _ = self.set(Interest::default());
        self.all.borrow_mut().remove(&self.key);
    }
}

/// Reads without taking the bytes out.
fn peek(socket: BorrowedFd<'_>, room: &mut [u8]) -> io::Result<usize> {
    let (bytes, _whole) = recv(socket, room, RecvFlags::PEEK)?;
    Ok(bytes)
}
