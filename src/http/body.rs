//! Request bodies.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{Notify, mpsc};

/// A request body.
#[derive(Debug)]
pub enum Body {
    /// Bytes, sent with `Content-Length`.
    Full(Full<Bytes>),
    /// A stream fed by JavaScript, sent in chunks, or with a `Content-Length` if one was announced.
    Stream(Upload),
}

/// The receiving end of a streamed request body. Clones share it.
#[derive(Clone, Debug)]
pub struct Upload(Rc<RefCell<Feed>>);

#[derive(Debug)]
struct Feed {
    chunks: mpsc::UnboundedReceiver<Bytes>,
    taken: Rc<Notify>,
    begun: bool,
    ended: bool,
    /// The bytes still to come, if a length was announced.
    remaining: Option<u64>,
    /// The last bytes of an announced length. They are held back until the stream ends, because there must be no more.
    last: Option<Bytes>,
}

/// The error of a streamed body that is shorter or longer than announced. Its connection cannot be used again.
#[derive(Debug)]
pub struct OtherLength;

impl fmt::Display for OtherLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body is shorter or longer than announced")
    }
}

impl Error for OtherLength {}

/// The sending end of a streamed request body. The next chunk is to be sent only after `taken` was notified.
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
    /// Makes both ends of a stream. `taken` is notified each time a chunk was taken.
    #[must_use]
    pub fn new(taken: Rc<Notify>) -> (Uploader, Self) {
        let (sender, chunks) = mpsc::unbounded_channel();
        let feed = Feed { chunks, taken, begun: false, ended: false, remaining: None, last: None };
        (Uploader { chunks: Some(sender) }, Self(Rc::new(RefCell::new(feed))))
    }

    /// Announces the length of the body in bytes. It is sent as `Content-Length`, and the body must have this length.
    pub fn announce(&self, length: u64) {
        self.0.borrow_mut().remaining = Some(length);
    }

    /// Whether a chunk or the end was taken, so that the body cannot be sent again.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.0.borrow().begun
    }

    /// Whether it waits for JavaScript to send the next chunk.
    #[must_use]
    pub fn is_starved(&self) -> bool {
        let feed = self.0.borrow();
        feed.chunks.is_empty() && !feed.ended
    }
}

impl Feed {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, OtherLength>> {
        loop {
            let chunk = ready!(self.chunks.poll_recv(cx));
            self.begun = true;
            if chunk.is_some() {
                self.taken.notify_one();
            }
            self.count(chunk.as_ref())?;
            match chunk {
                Some(chunk) if self.remaining == Some(0) => {
                    self.last = Some(chunk).filter(|chunk| !chunk.is_empty()).or(self.last.take());
                }
                Some(chunk) => return Poll::Ready(Ok(Some(chunk))),
                None => return Poll::Ready(Ok(self.last.take())),
            }
        }
    }

    /// Subtracts a chunk from the announced length. `None` is the end.
    fn count(&mut self, chunk: Option<&Bytes>) -> Result<(), OtherLength> {
        let Some(remaining) = &mut self.remaining else { return Ok(()) };
        match chunk {
            Some(chunk) => *remaining = remaining.checked_sub(chunk.len() as u64).ok_or(OtherLength)?,
            None if *remaining > 0 => return Err(OtherLength),
            None => {}
        }
        Ok(())
    }
}

impl Uploader {
    /// Sends a chunk, or ends the body with `None`.
    pub fn send(&mut self, chunk: Option<Bytes>) {
        match (chunk, &self.chunks) {
            // The connection may be lost; its call reports that.
            (Some(chunk), Some(chunks)) => drop(chunks.send(chunk)),
            _ => self.chunks = None,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = OtherLength;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, OtherLength>>> {
        match self.get_mut() {
            Self::Full(full) => Pin::new(full).poll_frame(cx).map_err(|never| match never {}),
            Self::Stream(upload) => {
                let mut feed = upload.0.borrow_mut();
                let frame = match ready!(feed.poll_chunk(cx)) {
                    Ok(frame) => frame,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                };
                feed.ended = frame.is_none();
                Poll::Ready(frame.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(full) => full.is_end_stream(),
            Self::Stream(upload) => upload.0.borrow().ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(full) => full.size_hint(),
            Self::Stream(upload) => upload.0.borrow().remaining.map(SizeHint::with_exact).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_stream_gives_chunk_by_chunk_and_notifies_when_taken() {
        let taken = Rc::new(Notify::new());
        let (mut uploader, upload) = Upload::new(Rc::clone(&taken));
        let same = upload.clone();
        let mut body = Body::Stream(upload);
        assert!(same.is_starved() && !same.is_begun());
        uploader.send(Some(Bytes::from_static(b"one")));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
        taken.notified().await;
        assert!(same.is_starved() && same.is_begun());
        uploader.send(None);
        uploader.send(Some(Bytes::from_static(b"too late")));
        assert!(body.frame().await.is_none());
        assert!(body.is_end_stream() && !same.is_starved());
    }

    #[tokio::test]
    async fn an_announced_length_is_kept_to_the_byte() {
        for (pieces, fits) in [
            (&["ab", "cd"][..], true),
            (&["ab", "", "cd", ""], true),
            (&["ab", "c"], false),
            (&["ab", "cd", "e"], false),
            (&["abc", "de"], false),
            (&[], false),
        ] {
            let (mut uploader, upload) = Upload::new(Rc::default());
            upload.announce(4);
            for piece in pieces {
                uploader.send(Some(Bytes::from_static(piece.as_bytes())));
            }
            uploader.send(None);
            let mut body = Body::Stream(upload);
            assert_eq!(body.size_hint().exact(), Some(4));
            let mut sent = Vec::new();
            let ended = loop {
                match body.frame().await {
                    Some(Ok(frame)) => sent.extend(frame.into_data().unwrap()),
                    Some(Err(OtherLength)) => break false,
                    None => break true,
                }
            };
            assert_eq!(ended, fits, "{pieces:?}");
            assert_eq!(ended, sent == b"abcd", "{pieces:?}");
        }
    }

    #[test]
    fn a_full_body_knows_its_size() {
        assert_eq!(Body::full(Bytes::from_static(b"four")).size_hint().exact(), Some(4));
        assert!(Body::full(Bytes::new()).is_end_stream());
    }
}
