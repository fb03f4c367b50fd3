//! What a loop needs from its host.

use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Weak;
use std::time::Instant;

use super::readiness::Interest;
use super::source::Source;

/// The host's way to watch sockets and the clock.
pub trait Reactor {
    /// Starts to watch `fd`, for nothing at first. Events go to [`Source::event`], called
    /// between [`EventLoop::attend`](super::EventLoop::attend) and
    /// [`EventLoop::turn`](super::EventLoop::turn). They must be level-triggered: what is ready is
    /// reported again and again while it is watched for.
    ///
    /// The caller keeps `fd` open until it has dropped the watch.
    ///
    /// # Errors
    ///
    /// The system's, or [`io::ErrorKind::NotConnected`] when the host is shutting down.
    fn watch(&self, fd: BorrowedFd<'_>, source: Weak<Source>) -> io::Result<Box<dyn Watch>>;

    /// Of each socket, whether there is something to read now beyond so many bytes: more bytes or an end.
    fn readable(&self, sockets: &[(BorrowedFd<'_>, usize)]) -> Vec<bool>;

    /// Asks for [`EventLoop::expire`](super::EventLoop::expire) and a turn at `deadline` or soon
    /// after. A later call replaces an earlier one.
    fn wake_at(&self, deadline: Instant);
}

/// A file descriptor that is being watched. Dropping it ends that.
pub trait Watch {
    /// Watches for `interest` from now on.
    ///
    /// # Errors
    ///
    /// The system's.
    fn set(&self, interest: Interest) -> io::Result<()>;
}
