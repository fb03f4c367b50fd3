//! Random bytes as the answer to a call: the call ends with one last event, whatever they are and however they are cut, and
//! what is delivered is no more than was allowed.
#![no_main]

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arbitrary::Arbitrary;
use cycle_internal_api::http::answer_head::check;
use cycle_internal_api::http::body::Body;
use cycle_internal_api::http::dispatch::{Dispatch, Unanswered, Task};
use cycle_internal_api::http::classify::classify;
use cycle_internal_api::http::exchange::{Streams, run};
use cycle_internal_api::http::progress::Progress;
use cycle_internal_api::http::redirect::Redirect;
use cycle_internal_api::http::retry::Reached;
use cycle_internal_api::http::{Call, Delivery, Event, Payload, Sink};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime;

const LIMIT: u64 = 64 * 1024;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    head: bool,
    streams: bool,
    piece: u8,
    bytes: &'a [u8],
}

/// Takes a request, then gives these bytes in pieces of one size.
struct Peer {
    asked: bool,
    rest: Vec<u8>,
    piece: usize,
}

impl AsyncRead for Peer {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if !self.asked {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let size = self.piece.min(self.rest.len()).min(buffer.remaining());
        let piece: Vec<u8> = self.rest.drain(..size).collect();
        buffer.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.asked = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A connection for each request, to a peer that answers the same.
struct Lane {
    bytes: Vec<u8>,
    piece: usize,
}

impl Dispatch for Lane {
    async fn dispatch(&self, request: Request<Body>, _: bool, _: &Progress) -> Result<Response<Incoming>, Unanswered> {
        let unanswered = |error| Unanswered { error, reached: Reached::Answer, reused: false };
        let failed = |source: hyper::Error| unanswered(classify(&source));
        let peer = Peer { asked: false, rest: self.bytes.clone(), piece: self.piece };
        let (mut sender, connection) = Builder::new().handshake(TokioIo::new(peer)).await.map_err(failed)?;
        tokio::task::spawn_local(connection);
        let response = sender.send_request(request).await.map_err(failed)?;
        check(&response).map_err(unanswered)?;
        Ok(response)
    }

    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
    }

    fn spawn(&self, task: Task) {
        tokio::task::spawn_local(task);
    }
}

/// Bytes that came, and last events.
#[derive(Clone, Default)]
struct Seen(Rc<RefCell<(u64, u32)>>);

impl Sink for Seen {
    fn deliver(&self, event: Event) {
        let mut seen = self.0.borrow_mut();
        seen.1 += u32::from(event.is_last());
        seen.0 += match event {
            Event::Done { body, .. } => body.len() as u64,
            Event::Chunk { bytes, .. } => bytes.len() as u64,
            _ => 0,
        };
    }
}

fuzz_target!(|input: Input| {
    let call = Call {
        id: 0,
        method: if input.head { Method::HEAD } else { Method::GET },
        authority: Authority::from_static("localhost"),
        target: PathAndQuery::from_static("/v1/environment"),
        defaults: Arc::new(HeaderMap::new()),
        headers: Vec::new(),
        payload: Payload::None,
        delivery: if input.streams { Delivery::Stream } else { Delivery::Text },
        redirect: Redirect::Follow,
        timeout: None,
        max_response_bytes: LIMIT,
        retry: None,
    };
    let lane = Lane { bytes: input.bytes.to_vec(), piece: usize::from(input.piece).max(1) };
    let seen = Seen::default();
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, run(&lane, call, Streams::default(), &Progress::default(), &seen));
    let (bytes, ends) = *seen.0.borrow();
    assert!(bytes <= LIMIT);
    assert_eq!(ends, 1);
});
