//! Sockets of the I/O-thread lane, on tokio.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use hyperlocal::{UnixConnector, UnixStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

use super::pooled::{Network, Socket};
use crate::http::endpoint::Endpoint;
use crate::runtime::traffic::Traffic;

/// The pause before another attempt to connect when the server's listen queue is full.
pub(crate) const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(1);

/// Connects to one endpoint.
pub enum Connector {
    /// A Unix socket, by its URI of hyperlocal.
    Unix(Uri),
    /// A TCP port. Its host name is looked up for each connection.
    Tcp(Uri, HttpConnector),
}

impl Connector {
    /// Makes a connector for `endpoint`.
    ///
    /// # Errors
    /// When the host is invalid.
    pub fn new(endpoint: &Endpoint) -> io::Result<Self> {
        Ok(match endpoint {
            Endpoint::Unix(path) => Self::Unix(hyperlocal::Uri::new(path, "/").into()),
            Endpoint::Tcp { .. } => {
                let uri = format!("http://{endpoint}/").parse().map_err(io::Error::other)?;
                let mut http = HttpConnector::new();
                http.set_nodelay(true);
                Self::Tcp(uri, http)
            }
        })
    }

    async fn connect_stream(&self) -> io::Result<Stream> {
        match self {
            Self::Unix(uri) => loop {
                match UnixConnector.call(uri.clone()).await {
                    Ok(stream) => return Ok(Stream::Unix(stream)),
                    // The listen queue is full. A blocking socket would wait for room.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        tokio::time::sleep(QUEUE_FULL_PAUSE).await;
                    }
                    Err(error) => return Err(error),
                }
            },
            Self::Tcp(uri, http) => match http.clone().call(uri.clone()).await {
                Ok(stream) => Ok(Stream::Tcp(stream.into_inner())),
                Err(error) => Err(innermost_io(&error)),
            },
        }
    }
}

/// The system error inside a library's error.
fn innermost_io(error: &(dyn std::error::Error + 'static)) -> io::Error {
    let mut found = io::Error::other(error.to_string());
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(system) = current.downcast_ref::<io::Error>() {
            found = system.raw_os_error().map_or_else(
                || io::Error::new(system.kind(), system.to_string()),
                io::Error::from_raw_os_error,
            );
        }
        next = current.source();
    }
    found
}

impl Network for Connector {
    type Stream = TokioIo<Counted>;
    type Probe = ();
    type Awaited = ();

    async fn connect(&self) -> io::Result<TokioIo<Counted>> {
        Ok(TokioIo::new(Counted { stream: self.connect_stream().await?, traffic: Rc::default() }))
    }

    fn probe(&self, _: &TokioIo<Counted>) {}

    /// Always true: the connection's task sees its end, and a check would cost a system call for each call.
    fn was_live(&self, (): &()) -> bool {
        true
    }

    fn check_liveness<'a>(&self, (): &'a (), _: impl Iterator<Item = &'a ()>) -> bool {
        true
    }

    fn await_answer(&self, (): &()) {}

    async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        tokio::task::spawn_local(task);
    }
}

/// A socket that counts the bytes it moves.
pub struct Counted {
    stream: Stream,
    traffic: Rc<Traffic>,
}

enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Socket for TokioIo<Counted> {
    fn traffic(&self) -> &Rc<Traffic> {
        &self.inner().traffic
    }
}

macro_rules! on_stream {
    ($self:ident, $stream:ident => $work:expr) => {
        match &mut $self.stream {
            Stream::Unix(stream) => {
                let $stream = Pin::new(stream);
                $work
            }
            Stream::Tcp(stream) => {
                let $stream = Pin::new(stream);
                $work
            }
        }
    };
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(on_stream!(self, stream => stream.poll_read(cx, buf)))?;
        self.traffic.add_read(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(on_stream!(self, stream => stream.poll_write(cx, buf)))?;
        self.traffic.add_written(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => stream.poll_shutdown(cx))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(on_stream!(self, stream => stream.poll_write_vectored(cx, bufs)))?;
        self.traffic.add_written(written);
        Poll::Ready(Ok(written))
    }
}
