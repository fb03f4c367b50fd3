//! The interface between an event loop and its host.

use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Weak;
use std::time::Instant;

use super::readiness::Interest;
use super::source::Source;

/// The host's way to watch sockets and the clock.
pub trait Reactor {
    /// Starts to watch `fd`, for nothing at first. Events go to [`Source::event`], called between
    /// [`EventLoop::attend`](super::EventLoop::attend) and [`EventLoop::tick`](super::EventLoop::tick). They must be
    /// level-triggered: reported again in each tick until there is no more to read or write.
    ///
    /// The caller keeps `fd` open until it has dropped the watch.
    ///
    /// # Errors
    ///
    /// The system error, or [`io::ErrorKind::NotConnected`] when the host is closed.
    fn watch(&self, fd: BorrowedFd<'_>, source: Weak<Source>) -> io::Result<Box<dyn Watch>>;

    /// For each socket and a number of bytes that it is known to have: whether there is anything else to read, that is further
    /// bytes, an end or an error.
    fn readable(&self, sockets: &[(BorrowedFd<'_>, usize)]) -> Vec<bool>;

    /// Asks for [`EventLoop::expire`](super::EventLoop::expire) and a tick at `deadline` or soon after. Replaces an earlier
    /// request.
    fn wake_at(&self, deadline: Instant);
}

/// A watched file descriptor. Dropping it ends the watch.
pub trait Watch {
    /// Watches for `interest` from now on.
    ///
    /// # Errors
    ///
    /// The system error.
    fn set(&self, interest: Interest) -> io::Result<()>;
}
