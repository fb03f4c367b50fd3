//! A stream that can break off in the middle of an answer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Where an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// In the middle of the head.
    Head,
    /// After the head and this many bytes of the body.
    Body(usize),
}

/// Makes a [`Connection`] break off. Clones are for the same connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cutter(Arc<Mutex<Option<Cut>>>);

impl Cutter {
    /// Makes the next answer break off.
    pub(crate) fn arm(&self, cut: Cut) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    fn take(&self) -> Option<Cut> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A stream that breaks off when its [`Cutter`] says so.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: S,
    cutter: Cutter,
    /// Bytes that may still be written before breaking off; `None` for no limit.
    left: Option<usize>,
}

impl<S> Connection<S> {
    pub(crate) fn new(stream: S, cutter: Cutter) -> Self {
        Self { stream, cutter, left: None }
    }
}

/// How many bytes of an answer are written before the cut. `answer` begins with the whole head.
fn allowed(answer: &[u8], cut: Cut) -> usize {
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(answer.len(), |end| end + 4);
    match cut {
        Cut::Head => head / 2,
        Cut::Body(bytes) => head + bytes,
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(cut) = self.cutter.take() {
            self.left = Some(allowed(bytes, cut));
        }
        let bytes = match self.left {
            Some(0) => return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            Some(left) => &bytes[..bytes.len().min(left)],
            None => bytes,
        };
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let (Poll::Ready(Ok(written)), Some(left)) = (&written, &mut self.left) {
            *left -= written;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nbody";

    fn received(cut: Option<Cut>) -> (String, bool) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let (near, mut far) = tokio::io::duplex(1024);
            let cutter = Cutter::default();
            let mut connection = Connection::new(near, cutter.clone());
            if let Some(cut) = cut {
                cutter.arm(cut);
            }
            let whole = connection.write_all(ANSWER).await.is_ok();
            drop(connection);
            let mut text = String::new();
            far.read_to_string(&mut text).await.unwrap();
            (text, whole)
        })
    }

    #[test]
    fn breaks_off_where_it_is_told_to() {
        assert_eq!(received(None), ("HTTP/1.1 200 OK\r\n\r\nbody".into(), true));
        assert_eq!(received(Some(Cut::Head)), ("HTTP/1.1 ".into(), false));
        assert_eq!(received(Some(Cut::Body(2))), ("HTTP/1.1 200 OK\r\n\r\nbo".into(), false));
    }
}
