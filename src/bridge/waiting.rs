//! Calls of protocol endpoints in flight, kept to interpret their answers.

use crate::http::Error;

/// A call of a protocol endpoint that waits for its answer.
pub(super) trait Waiting: Send {
    /// The declared error for an answer, as JSON; `None` if the answer is the declared success.
    fn rejected(&self, status: u16, body: &[u8]) -> Option<String>;

    /// The declared error for a call that got no answer because of `error`, as JSON.
    fn unanswered(&self, error: &Error) -> String;

    /// The request's path and query.
    fn target(&self) -> &str;
}
