//! The body of a request on its way to the connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{Notify, mpsc};

/// A request body: bytes, or a stream that JavaScript feeds.
#[derive(Debug)]
pub enum Body {
    /// Sent with `Content-Length`.
    Full(Full<Bytes>),
    /// Sent in chunks.
    Stream(Upload),
}

/// The receiving end of a streamed request body.
#[derive(Debug)]
pub struct Upload {
    chunks: mpsc::UnboundedReceiver<Bytes>,
    taken: Arc<Notify>,
    ended: bool,
}

/// The sending end: one chunk at a time, the next after `taken` was notified.
#[derive(Debug)]
pub struct Uploader {
    /// `None` once the last chunk was sent.
    chunks: Option<mpsc::UnboundedSender<Bytes>>,
}

impl Body {
    /// A body of known size.
    #[must_use]
    pub fn full(bytes: Bytes) -> Self {
        Self::Full(Full::new(bytes))
    }
}

impl Upload {
    /// A stream and the end that feeds it; `taken` is notified each time a chunk was taken.
    #[must_use]
    pub fn new(taken: Arc<Notify>) -> (Uploader, Self) {
        let (sender, chunks) = mpsc::unbounded_channel();
        (Uploader { chunks: Some(sender) }, Self { chunks, taken, ended: false })
    }
}

impl Uploader {
    /// Sends a chunk, or ends the body with `None`.
    pub fn send(&mut self, chunk: Option<Bytes>) {
        match (chunk, &self.chunks) {
            // The connection may be gone; its call says so.
            (Some(chunk), Some(chunks)) => drop(chunks.send(chunk)),
            _ => self.chunks = None,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Full(full) => Pin::new(full).poll_frame(cx),
            Self::Stream(upload) => {
                let chunk = ready!(upload.chunks.poll_recv(cx));
                match &chunk {
                    Some(_) => upload.taken.notify_one(),
                    None => upload.ended = true,
                }
                Poll::Ready(chunk.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(full) => full.is_end_stream(),
            Self::Stream(upload) => upload.ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(full) => full.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_stream_hands_over_chunk_by_chunk_and_tells_when_taken() {
        let taken = Arc::new(Notify::new());
        let (mut uploader, upload) = Upload::new(Arc::clone(&taken));
        let mut body = Body::Stream(upload);
        uploader.send(Some(Bytes::from_static(b"one")));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
        taken.notified().await;
        uploader.send(None);
        uploader.send(Some(Bytes::from_static(b"too late")));
        assert!(body.frame().await.is_none());
        assert!(body.is_end_stream());
    }

    #[test]
    fn a_full_body_knows_its_size() {
        assert_eq!(Body::full(Bytes::from_static(b"four")).size_hint().exact(), Some(4));
        assert!(Body::full(Bytes::new()).is_end_stream());
    }
}
