//! Sockets that hyper can read and write.

use std::io::{self, IoSlice};
use std::iter;
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Read, ReadBufCursor, Write};
use socket2::Socket;

use super::EventLoop;
use super::reactor::Watch;
use super::readiness::Direction;
use super::source::Source;
use crate::runtime::traffic::Traffic;

/// The most bytes that a socket moves in one direction in one tick. The rest waits for the next tick, so that one busy
/// connection does not delay the others.
const BYTES_PER_EVENT: usize = 256 * 1024;

/// Flags of a send: report a broken pipe by an error, not by a signal.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;
/// Systems without such a flag have a socket option for it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEND_FLAGS: i32 = 0;

/// A connected socket on an [`EventLoop`]. Dropping it closes the connection.
pub struct Stream {
    watched: Rc<Watched>,
    traffic: Rc<Traffic>,
}

/// A socket and its watch. The order of the fields matters: the watch must end before the socket is closed.
pub(super) struct Watched {
    watch: Box<dyn Watch>,
    source: Rc<Source>,
}

/// Checks the liveness of a socket without owning it.
#[derive(Clone, Default)]
pub struct Probe(Weak<Watched>);

impl Watched {
    /// Wraps a non-blocking socket that is connected (`is_connected`) or connecting.
    pub(super) fn new(event_loop: &EventLoop, socket: Socket, is_connected: bool) -> io::Result<Self> {
        // Peeking helps only with Unix sockets, which are connected at once.
        let peeks = (is_connected && cfg!(target_os = "linux")).then(|| Rc::clone(&event_loop.peeks));
        let source = Rc::new(Source::new(socket, Rc::clone(&event_loop.inbox), peeks, is_connected));
        let watch = event_loop.reactor.watch(source.socket.as_fd(), Rc::downgrade(&source))?;
        let watched = Self { watch, source };
        if is_connected {
            // Always watch for reading, to notice when an idle connection ends.
            watched.block(Direction::Read)?;
        }
        Ok(watched)
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.source.socket
    }

    /// Waits until a system call in this direction may succeed.
    pub(super) fn poll_ready(&self, direction: Direction, cx: &Context<'_>) -> Poll<()> {
        if self.source.readiness.is_ready(direction) {
            return Poll::Ready(());
        }
        self.source.readiness.wait(direction, cx);
        Poll::Pending
    }

    pub(super) fn block(&self, direction: Direction) -> io::Result<()> {
        self.source.readiness.block(direction).map_or(Ok(()), |interest| self.watch.set(interest))
    }

    /// Makes a non-blocking system call when the socket is ready. `call` returns the number of bytes it moved, and whether
    /// there may be more now.
    fn poll_io(
        &self,
        direction: Direction,
        cx: &Context<'_>,
        mut call: impl FnMut(&Source) -> io::Result<(usize, bool)>,
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.poll_ready(direction, cx).is_pending() {
                return Poll::Pending;
            }
            match call(&self.source) {
                Ok((bytes, more)) => {
                    if !more || self.source.readiness.count(direction, bytes) >= BYTES_PER_EVENT {
                        self.block(direction)?;
                    }
                    return Poll::Ready(Ok(bytes));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.block(direction)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Stream {
    pub(super) fn new(watched: Watched) -> Self {
        Self { watched: Rc::new(watched), traffic: Rc::default() }
    }

    /// The bytes moved so far.
    #[must_use]
    pub fn traffic(&self) -> &Rc<Traffic> {
        &self.traffic
    }

    /// Counts the bytes of a write. After a failed write, shuts the socket down: bytes that came before can still be read,
    /// and no read waits for more.
    fn note_written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => self.traffic.add_written(*bytes),
            // Shutting down may fail too; then there is nothing to do.
            Poll::Ready(Err(_)) => drop(self.watched.socket().shutdown(Shutdown::Both)),
            Poll::Pending => {}
        }
        written
    }

    /// Makes a probe of this socket, which may outlive it.
    #[must_use]
    pub fn probe(&self) -> Probe {
        Probe(Rc::downgrade(&self.watched))
    }
}

impl Probe {
    /// Whether a liveness check less than `limit` ago found the socket open with nothing to read.
    #[must_use]
    pub fn was_live_within(&self, limit: Duration) -> bool {
        self.0.upgrade().is_some_and(|watched| watched.source.was_live_within(limit))
    }

    /// Makes the last liveness check invalid. Call it before a request is written, because the server may then write.
    pub fn forget_liveness(&self) {
        if let Some(watched) = self.0.upgrade() {
            watched.source.forget_liveness();
        }
    }
}

impl EventLoop {
    /// Checks the liveness of several sockets with one system call, because one for each would cost as much as reading it.
    /// Returns whether the first is open with nothing to read, however long the check took.
    pub fn check_liveness<'a>(&self, first: &'a Probe, others: impl Iterator<Item = &'a Probe>) -> bool {
        let Some(first) = first.0.upgrade() else { return false };
        let watched: Vec<_> = iter::once(first).chain(others.filter_map(|probe| probe.0.upgrade())).collect();
        let sockets: Vec<_> =
            watched.iter().map(|watched| (watched.socket().as_fd(), watched.source.peeked())).collect();
        let at = Instant::now();
        let mut quiet = watched.iter().zip(self.reactor.readable(&sockets)).map(|(watched, readable)| {
            let quiet = !readable && watched.source.is_taken();
            watched.source.note_liveness(at, quiet);
            quiet
        });
        let first = quiet.next();
        quiet.for_each(drop);
        first.unwrap_or(false)
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.watched.poll_io(Direction::Read, cx, |source| {
            source.read(cursor.remaining(), |bytes| cursor.put_slice(bytes))
        });
        read.map_ok(|bytes| self.traffic.add_read(bytes))
    }
}

impl Write for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.watched.poll_io(Direction::Write, cx, |source| {
            source.socket.send_with_flags(bytes, SEND_FLAGS).map(|sent| (sent, true))
        });
        self.note_written(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [bytes] = slices {
            return self.poll_write(cx, bytes);
        }
        let written = self.watched.poll_io(Direction::Write, cx, |source| {
            source.socket.send_vectored_with_flags(slices, SEND_FLAGS).map(|sent| (sent, true))
        });
        self.note_written(written)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.watched.socket().shutdown(Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        })
    }
}
