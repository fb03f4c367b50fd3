//! Calls of a protocol's endpoints on their way: what tells the meaning of their answers.

use super::json::to_json;
use super::values::decoded;
use crate::http::Error;
use crate::protocol::{Answer, Call, Unanswered};

/// A call of an endpoint whose answer is awaited.
pub(super) struct Waiting {
    call: Call,
    /// Path and query.
    target: String,
}

impl Waiting {
    pub(super) fn new(call: Call, target: String) -> Self {
        Self { call, target }
    }

    /// The declared error, as JSON, that an answer means which is not the declared success.
    pub(super) fn rejected(&self, status: u16, body: &[u8]) -> Option<String> {
        self.call.error(Answer { status, body: &decoded(body) }).map(|failure| to_json(&failure))
    }

    /// The declared error, as JSON, for want of an answer.
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

    /// Path and query.
    pub(super) fn target(&self) -> &str {
        &self.target
    }
}
