//! The interface between a call and its lane.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;

use super::body::Body;
use super::error::Error;
use super::progress::Progress;
use super::retry::Reached;

/// A task of a lane.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Gives calls connections, timers and tasks. All on one thread.
pub trait Dispatch: 'static {
    /// Sends a request over a pooled connection, or with `fresh` over a new one. Resolves with the head of the answer.
    /// Dropping the future, or the body before its end, closes the connection.
    fn dispatch(
        &self,
        request: Request<Body>,
        fresh: bool,
        progress: &Progress,
    ) -> impl Future<Output = Result<Response<Incoming>, Unanswered>>;

    /// Waits for `delay`.
    fn sleep(&self, delay: Duration) -> impl Future<Output = ()>;

    /// Runs a task. A panic in it must not affect others.
    fn spawn(&self, task: Task);
}

/// Why a request got no answer.
#[derive(Debug)]
pub struct Unanswered {
    /// The error.
    pub error: Error,
    /// How far the request got.
    pub reached: Reached,
    /// Whether the connection had served before. Then the request may not be the reason for its end.
    pub reused: bool,
}
