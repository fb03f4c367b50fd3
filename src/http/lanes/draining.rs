//! A socket whose last bytes are read though nothing can be written to it any more.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// A socket whose other side may close it before it has read a request to its end: the answer that it left comes first, and
/// then the end. So a failed write is no failure of its own; what the reader finds tells.
pub(super) struct Draining<S> {
    socket: S,
    is_unwritable: bool,
}

impl<S> Draining<S> {
    /// A socket that nobody has written to.
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
            // Whoever writes also reads, and shall do so now.
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
