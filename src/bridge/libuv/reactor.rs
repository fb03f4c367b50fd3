//! Implements [`Reactor`] with libuv.

use std::io;
use std::os::fd::BorrowedFd;
use std::rc::{Rc, Weak};
use std::time::Instant;

use super::host::Host;
use super::sockets::readable;
use super::uv::{Handle, Poll, Target};
use crate::runtime::{Interest, Reactor, Source, Watch};

/// Passes the events of a socket's handle to its source.
struct Socket {
    host: Weak<Host>,
    source: Weak<Source>,
}

impl Target for Socket {
    fn event(&self, events: Option<Interest>) -> Option<Interest> {
        let (host, source) = (self.host.upgrade()?, self.source.upgrade()?);
        host.before_check();
        if let Some(Interest { readable, writable }) = events {
            source.event(readable, writable)
        } else {
            source.failed();
            None
        }
    }
}

/// A [`Reactor`] that watches sockets with handles of libuv.
pub(super) struct Uv(Weak<Host>);

impl Uv {
    pub(super) fn new(host: Weak<Host>) -> Self {
        Self(host)
    }
}

impl Reactor for Uv {
    fn watch(&self, fd: BorrowedFd<'_>, source: Weak<Source>) -> io::Result<Box<dyn Watch>> {
        let Some(host) = self.0.upgrade().filter(|host| host.handles.borrow().is_some()) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let target = Socket { host: Rc::downgrade(&host), source };
        Ok(Box::new(host.uv.poll(fd, target)?))
    }

    fn readable(&self, sockets: &[(BorrowedFd<'_>, usize)]) -> Vec<bool> {
        readable(sockets)
    }

    fn wake_at(&self, deadline: Instant) {
        if let Some(host) = self.0.upgrade()
            && let Some(handles) = &*host.handles.borrow()
        {
            handles.timer.start(deadline.saturating_duration_since(Instant::now()));
        }
    }
}

impl Watch for Handle<Poll> {
    fn set(&self, interest: Interest) -> io::Result<()> {
        self.start(interest)
    }
}
