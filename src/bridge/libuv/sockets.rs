//! Asks whether sockets have something to read, without waiting or reading.

use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;

/// The event for a stream that the peer has ended, even if there are bytes to read before the end.
#[cfg(target_os = "linux")]
const END: PollFlags = PollFlags::RDHUP;
/// Systems without such an event: bytes to read count as well.
#[cfg(not(target_os = "linux"))]
const END: PollFlags = PollFlags::IN;

/// For each socket and a number of bytes that it is known to have: whether there is anything else to read, that is further
/// bytes, an end or an error.
pub(super) fn readable(sockets: &[(BorrowedFd<'_>, usize)]) -> Vec<bool> {
    let events = |known: usize| if known == 0 { PollFlags::IN } else { END };
    let mut polled: Vec<_> =
        sockets.iter().map(|&(fd, known)| PollFd::from_borrowed_fd(fd, events(known))).collect();
    let done = poll(&mut polled, Some(&Timespec::default())).is_ok();
    let is_readable = |(polled, &(fd, known)): (&PollFd<'_>, &(BorrowedFd<'_>, usize))| {
        // If the system call failed, treat all as readable.
        !done || !polled.revents().is_empty() || known > 0 && unread(fd) != Some(known)
    };
    polled.iter().zip(sockets).map(is_readable).collect()
}

/// Whether a descriptor is readable.
pub(super) fn has_event(fd: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec::default())) != Ok(0)
}

/// The number of bytes that can be read.
fn unread(fd: BorrowedFd<'_>) -> Option<usize> {
    ioctl_fionread(fd).ok().and_then(|bytes| bytes.try_into().ok())
}
