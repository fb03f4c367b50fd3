//! Calls of protocol endpoints in flight, kept to interpret their answers.

use super::json::to_json;
use super::values::decoded;
use crate::http::Error;
use crate::protocol::{Answer, Call, Unanswered};

/// A call of a protocol endpoint that waits for its answer.
pub(super) struct Waiting {
    call: Call,
    /// The request's path and query.
    target: String,
}

impl Waiting {
    pub(super) fn new(call: Call, target: String) -> Self {
        Self { call, target }
    }

    /// The declared error for an answer, as JSON; `None` if the answer is the declared success.
    pub(super) fn rejected(&self, status: u16, body: &[u8]) -> Option<String> {
        self.call.error(Answer { status, body: &decoded(body) }).map(|error| to_json(&error))
    }

    /// The declared error for a call that got no answer because of `error`, as JSON.
    pub(super) fn unanswered(&self, error: &Error) -> String {
        let why = match error.code() {
            "ECONNREFUSED" | "ENOENT" | "EACCES" => Unanswered::Refused,
            "ERR_CYCLE_TIMEOUT" | "ERR_CYCLE_HEADERS_TIMEOUT" | "ERR_CYCLE_BODY_TIMEOUT" | "ETIMEDOUT" => {
                Unanswered::Timeout
            }
            _ => Unanswered::Other,
        };
        to_json(&self.call.unanswered(why, &error.detail()))
    }

    /// The request's path and query.
    pub(super) fn target(&self) -> &str {
        &self.target
    }
}
