//! The seam between the life of a call and the lane it runs on.

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

/// Where calls get their connection, their clock and their tasks. Everything happens on one thread.
pub trait Dispatch: 'static {
    /// Sends a request over a pooled connection, or with `anew` over one that has served nobody yet, and resolves with
    /// the head of the answer. Dropping the future, or the body before its end, closes the connection.
    fn dispatch(
        &self,
        request: Request<Body>,
        anew: bool,
        progress: &Progress,
    ) -> impl Future<Output = Result<Response<Incoming>, Unanswered>>;

    /// Resolves after the delay.
    fn sleep(&self, delay: Duration) -> impl Future<Output = ()>;

    /// Runs a task; a panic in it must not reach the others.
    fn spawn(&self, task: Task);
}

/// An exchange without an answer.
#[derive(Debug)]
pub struct Unanswered {
    /// Why.
    pub error: Error,
    /// How far the request came.
    pub reached: Reached,
    /// Whether the connection had served before, so that its end may have nothing to do with this request.
    pub reused: bool,
}
