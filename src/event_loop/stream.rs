//! A non-blocking socket that hyper can read and write.

use std::io::{self, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use socket2::Socket;

use super::EventLoop;
use super::reactor::{Direction, Readiness, Watch};

/// Bytes a socket may move in one direction between two turns of the host's loop. What is more waits
/// for the next turn, so that one busy connection does not hold up the others.
const BYTES_PER_EVENT: usize = 256 * 1024;

/// Flags of a send: a broken pipe is an error, not a signal.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;
/// Flags of a send: where there is no flag against the signal, the socket has an option for it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEND_FLAGS: i32 = 0;

/// A connected socket on an [`EventLoop`]. Dropping it closes the connection.
pub struct Stream {
    watched: Rc<Watched>,
    event_loop: Rc<EventLoop>,
}

/// A socket and its watch. The watch comes first: it ends before the socket is closed.
pub(super) struct Watched {
    watch: Box<dyn Watch>,
    readiness: Rc<Readiness>,
    socket: Socket,
}

/// Looks at a socket without owning it.
#[derive(Clone, Default)]
pub struct Probe(Weak<Watched>);

impl Watched {
    /// Takes over a non-blocking socket. `connected` tells whether it can be written to already.
    pub(super) fn new(event_loop: &EventLoop, socket: Socket, connected: bool) -> io::Result<Self> {
        let readiness = Rc::new(Readiness::new(connected));
        let watch = event_loop.watch(socket.as_fd(), &readiness)?;
        let watched = Self { watch, readiness, socket };
        if connected {
            // Always watched for reading: so the end of an idle connection is seen.
            watched.block(Direction::Read)?;
        }
        Ok(watched)
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Waits until a system call in this direction is worth a try.
    pub(super) fn poll_ready(&self, direction: Direction, cx: &Context<'_>) -> Poll<()> {
        if self.readiness.is_ready(direction) {
            return Poll::Ready(());
        }
        self.readiness.wait(direction, cx);
        Poll::Pending
    }

    pub(super) fn block(&self, direction: Direction) -> io::Result<()> {
        self.readiness.block(direction).map_or(Ok(()), |interest| self.watch.set(interest))
    }

    /// Makes a non-blocking system call as soon as it can be made. `call` gives the bytes it moved
    /// and whether there may be more at once.
    fn poll_io(
        &self,
        direction: Direction,
        cx: &Context<'_>,
        mut call: impl FnMut(&Socket) -> io::Result<(usize, bool)>,
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.poll_ready(direction, cx).is_pending() {
                return Poll::Pending;
            }
            match call(&self.socket) {
                Ok((bytes, more)) => {
                    if !more || self.readiness.count(direction, bytes) >= BYTES_PER_EVENT {
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
    pub(super) fn new(event_loop: Rc<EventLoop>, watched: Watched) -> Self {
        Self { watched: Rc::new(watched), event_loop }
    }

    /// A look at this socket that outlives it.
    #[must_use]
    pub fn probe(&self) -> Probe {
        Probe(Rc::downgrade(&self.watched))
    }
}

impl Probe {
    /// Whether the socket is open and has nothing to read: neither bytes nor an end.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.0.upgrade().is_some_and(|watched| {
            let peeked = watched.socket.peek(&mut [MaybeUninit::uninit()]);
            peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        })
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.watched.poll_io(Direction::Read, cx, |mut socket| {
            self.event_loop.with_scratch(|scratch| {
                let wanted = cursor.remaining().min(scratch.len());
                let bytes = socket.read(&mut scratch[..wanted])?;
                cursor.put_slice(&scratch[..bytes]);
                // Fewer than asked for: there are no more for now. Zero: there never will be, and
                // whoever asks again shall see the end again.
                Ok((bytes, bytes == wanted || bytes == 0))
            })
        });
        read.map_ok(drop)
    }
}

impl Write for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.watched.poll_io(Direction::Write, cx, |socket| {
            socket.send_with_flags(bytes, SEND_FLAGS).map(|sent| (sent, true))
        })
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
        self.watched.poll_io(Direction::Write, cx, |socket| {
            socket.send_vectored_with_flags(slices, SEND_FLAGS).map(|sent| (sent, true))
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.watched.socket.shutdown(Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        })
    }
}
