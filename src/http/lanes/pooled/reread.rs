//! Reading an answer again that has more header fields than a connection usually has room for.
//!
//! Room for many costs every answer time, and hardly any answer needs it. So connections have room for few, and the
//! rare answer that needs more is read once more: what came of it is still there, and the request is not repeated.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, Bytes};
use http::{Method, Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Parts};
use hyper::rt::{Read, ReadBufCursor, Write};

use super::{Connection, Network};
use crate::http::MAX_HEADERS;
use crate::http::lanes::draining::Draining;
use crate::runtime::pool::Permit;

/// What an ended connection leaves: its socket with what was read and not understood, and its place among the open
/// connections.
pub(super) struct Left<N: Network> {
    pub(super) parts: Parts<Draining<N::Stream>>,
    pub(super) permit: Permit<Connection<N>>,
}

/// Reads the answer to a request of this method off what its connection left.
pub(super) async fn reread<N: Network>(
    network: &N,
    Left { parts, permit }: Left<N>,
    method: Method,
) -> hyper::Result<Response<Incoming>> {
    let replay = Replay { asked: false, waker: None, received: parts.read_buf, rest: parts.io };
    let (mut sender, connection) =
        Builder::new().max_headers(MAX_HEADERS).handshake::<_, Empty<Bytes>>(replay).await?;
    network.spawn(async move {
        // Its errors are told to the call.
        drop(connection.await);
        drop(permit);
    });
    let mut request = Request::new(Empty::new());
    *request.method_mut() = method;
    sender.send_request(request).await
}

/// A stream from a point in the past: once something is written, the bytes that came since come again. What is written
/// goes nowhere, since it was sent before.
struct Replay<S> {
    asked: bool,
    /// Who reads before it has asked.
    waker: Option<Waker>,
    received: Bytes,
    rest: S,
}

impl<S: Read + Unpin> Read for Replay<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked {
            self.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if self.received.is_empty() {
            return Pin::new(&mut self.rest).poll_read(cx, cursor);
        }
        let count = cursor.remaining().min(self.received.len());
        cursor.put_slice(&self.received[..count]);
        self.received.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: Unpin> Write for Replay<S> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
