//! Reads a socket to its end after a write has failed.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// A socket that hides failed writes. A server may answer and close the connection before it has read the whole request.
/// Writing fails then, but the answer can still be read. If there is none, reading fails too.
pub(super) struct Draining<S> {
    socket: S,
    is_unwritable: bool,
}

impl<S> Draining<S> {
    /// Wraps a socket that nothing was written to.
    pub(super) const fn new(socket: S) -> Self {
        Self { socket, is_unwritable: false }
    }
}

impl<S: Write + Unpin> Draining<S> {
    fn poll_writing(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.is_unwritable {
            return Poll::Pending;
        }
        let written = write(Pin::new(&mut self.socket), cx);
        if let Poll::Ready(Err(error)) = &written
            && matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
        {
            self.is_unwritable = true;
            // Wake the task, so that it reads.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        written
    }
}

impl<S: Read + Unpin> Read for Draining<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, cursor)
    }
}

impl<S: Write + Unpin> Write for Draining<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |socket, cx| socket.poll_write(cx, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |socket, cx| socket.poll_write_vectored(cx, slices))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
