//! Connections of the I/O thread's lane: dialled by hyperlocal or over TCP, counted, and told apart when reused.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use hyperlocal::UnixConnector;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

use super::endpoint::Endpoint;

/// Pause before a socket is dialled again whose queue of waiting connections was full.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(1);

/// Dials one endpoint, whatever the URI says; never more connections at a time than it was given.
#[derive(Clone)]
pub struct Connector {
    dialler: Dialler,
    permits: Arc<Semaphore>,
}

#[derive(Clone)]
enum Dialler {
    Unix(Uri),
    Tcp(Uri, HttpConnector),
}

impl Connector {
    /// A connector for `endpoint` with at most `max_connections` connections open.
    ///
    /// # Errors
    /// `InvalidInput` for a host that is not one.
    pub fn new(endpoint: &Endpoint, max_connections: usize) -> io::Result<Self> {
        let dialler = match endpoint {
            Endpoint::Unix(path) => Dialler::Unix(hyperlocal::Uri::new(path, "/").into()),
            Endpoint::Tcp { .. } => {
                let uri = format!("http://{endpoint}/").parse().map_err(io::Error::other)?;
                let mut http = HttpConnector::new();
                http.set_nodelay(true);
                Dialler::Tcp(uri, http)
            }
        };
        let permits = Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)));
        Ok(Self { dialler, permits })
    }
}

async fn dial(dialler: Dialler) -> io::Result<Stream> {
    match dialler {
        Dialler::Unix(uri) => loop {
            match UnixConnector.call(uri.clone()).await {
                Ok(stream) => return Ok(Stream::Unix(stream)),
                // A full listen queue is told to a non-blocking socket at once; a blocking one would wait.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tokio::time::sleep(QUEUE_FULL_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        },
        Dialler::Tcp(uri, mut http) => {
            http.call(uri).await.map(Stream::Tcp).map_err(|error| innermost_io(&error))
        }
    }
}

/// The system error inside a library's error.
pub(super) fn innermost_io(error: &(dyn std::error::Error + 'static)) -> io::Error {
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

impl Service<Uri> for Connector {
    type Response = Pooled;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Pooled>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: Uri) -> Self::Future {
        let Self { dialler, permits } = self.clone();
        Box::pin(async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            let stream = dial(dialler).await?;
            Ok(Pooled { stream, answered: Answered::default(), _permit: permit })
        })
    }
}

/// Whether a connection has answered before, and whether it may serve again.
#[derive(Clone, Debug, Default)]
pub struct Answered(Arc<State>);

#[derive(Debug, Default)]
struct State {
    answered: AtomicBool,
    ended: AtomicBool,
    reader: AtomicWaker,
}

impl Answered {
    /// Takes note of an answer.
    pub fn set(&self) {
        self.0.answered.store(true, Ordering::Relaxed);
    }

    /// Whether there was one.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.answered.load(Ordering::Relaxed)
    }

    /// Ends the connection: from now on it reads as if the other side had closed it.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.reader.wake();
    }

    fn has_ended(&self, cx: &Context<'_>) -> bool {
        self.0.reader.register(cx.waker());
        self.0.ended.load(Ordering::Acquire)
    }
}

/// A connection that counts towards the limit until it is closed.
pub struct Pooled {
    stream: Stream,
    answered: Answered,
    _permit: OwnedSemaphorePermit,
}

enum Stream {
    Unix(hyperlocal::UnixStream),
    Tcp(TokioIo<TcpStream>),
}

impl Connection for Pooled {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.answered.clone())
    }
}

macro_rules! on_stream {
    ($self:ident, $stream:ident => $work:expr) => {
        match &mut $self.get_mut().stream {
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

impl Read for Pooled {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if self.answered.has_ended(cx) {
            return Poll::Ready(Ok(()));
        }
        on_stream!(self, stream => Read::poll_read(stream, cx, buf))
    }
}

impl Write for Pooled {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        on_stream!(self, stream => Write::poll_write(stream, cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => Write::poll_flush(stream, cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => Write::poll_shutdown(stream, cx))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Unix(stream) => Write::is_write_vectored(stream),
            Stream::Tcp(stream) => Write::is_write_vectored(stream),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_stream!(self, stream => Write::poll_write_vectored(stream, cx, bufs))
    }
}
