//! What sockets have to read, asked without waiting and without taking anything out.

use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;

/// The event of a stream that the other side has ended, whatever there is to read before.
#[cfg(target_os = "linux")]
const END: PollFlags = PollFlags::RDHUP;
/// Where there is no such event, any other says that a socket is not as it was.
#[cfg(not(target_os = "linux"))]
const END: PollFlags = PollFlags::IN;

/// Of each socket, whether there is something to read now beyond so many bytes: more bytes, an end or a failure.
pub(super) fn readable(sockets: &[(BorrowedFd<'_>, usize)]) -> Vec<bool> {
    let events = |known: usize| if known == 0 { PollFlags::IN } else { END };
    let mut polled: Vec<_> =
        sockets.iter().map(|&(fd, known)| PollFd::from_borrowed_fd(fd, events(known))).collect();
    let done = poll(&mut polled, Some(&Timespec::default())).is_ok();
    let is_readable = |(polled, &(fd, known)): (&PollFd<'_>, &(BorrowedFd<'_>, usize))| {
        // Where it cannot be had, everything is.
        !done || !polled.revents().is_empty() || known > 0 && unread(fd) != Some(known)
    };
    polled.iter().zip(sockets).map(is_readable).collect()
}

/// Whether one descriptor has an event.
pub(super) fn has_event(fd: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec::default())) != Ok(0)
}

/// Bytes that can be read.
fn unread(fd: BorrowedFd<'_>) -> Option<usize> {
    ioctl_fionread(fd).ok().and_then(|bytes| bytes.try_into().ok())
}
