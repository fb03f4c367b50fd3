//! Decides whether an answer is a success or which error it means.

use std::fmt::Write;

use serde_json::Value;

use super::call_error::{BAD_RESPONSE, CallError, Context, GENERIC, UNAUTHORIZED, call_error};
use super::param::wire_text;
use super::request::Call;
use super::types::{Endpoint, Protocol};

/// The answer of a server.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Body, decoded as UTF-8.
    pub body: &'a str,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// A time limit passed.
    Timeout,
    /// The server could not be connected to.
    Refused,
    /// Anything else.
    Other,
}

impl Protocol {
    /// Checks that an answer has the status of success and the declared shape.
    ///
    /// # Errors
    /// `None` when the status is not that of success; otherwise the place in the body that does not fit and what is
    /// wrong there, such as "is missing".
    pub fn check_success(
        &self,
        endpoint: &Endpoint,
        answer: Answer<'_>,
    ) -> Result<(), Option<(String, String)>> {
        if !endpoint.success.is(answer.status) {
            return Err(None);
        }
        let shape = endpoint.shape.as_ref();
        if shape
            .or(self.results_shape.as_ref())
            .is_some_and(|shape| shape.surely_fits(answer.body, &self.shapes))
        {
            return Ok(());
        }
        let Some(shape) = shape else {
            return self.check_results(answer.body);
        };
        let whole = |reason: String| Some(("the whole body".to_owned(), reason));
        if answer.body.trim().is_empty() {
            return Err(whole("is empty".to_owned()));
        }
        let body: Value =
            serde_json::from_str(answer.body).map_err(|error| whole(format!("is not JSON: {error}")))?;
        shape.check(&body, &self.shapes).map_err(|mismatch| {
            if mismatch.place.is_empty() {
                whole(mismatch.reason)
            } else {
                Some((mismatch.place, mismatch.reason))
            }
        })
    }

    /// For endpoints without a declared shape: checks that the body has the key that holds the results.
    fn check_results(&self, body: &str) -> Result<(), Option<(String, String)>> {
        let Some(key) = &self.results else { return Ok(()) };
        // A body that is not JSON is taken as the results.
        match serde_json::from_str(body) {
            Ok(Value::Object(entries)) if !entries.contains_key(key) => {
                Err(Some((key.clone(), "is missing".to_owned())))
            }
            Ok(Value::Array(_)) => Err(Some((
                "the whole body".to_owned(),
                format!("must be an Object with {key}, not an Array"),
            ))),
            _ => Ok(()),
        }
    }
}

impl Call {
    /// The error that an answer means; `None` when it is a success.
    #[must_use]
    pub fn error(&self, answer: Answer<'_>) -> Option<Box<CallError>> {
        match self.protocol.check_success(&self.endpoint, answer) {
            Ok(()) => None,
            Err(Some((place, reason))) => {
                let context = self.context().with("name", place).with("error", reason);
                let mut error = self.protocol.fail(&self.endpoint, BAD_RESPONSE, &context);
                error.status = Some(answer.status);
                Some(error)
            }
            Err(None) => Some(self.declared_for(answer)),
        }
    }

    /// The error of a call without an answer.
    #[must_use]
    pub fn unanswered(&self, why: Unanswered, reason: &str) -> Box<CallError> {
        let name = match why {
            Unanswered::Timeout => "timeout",
            Unanswered::Refused => "refused",
            Unanswered::Other => GENERIC,
        };
        self.protocol.fail(&self.endpoint, name, &self.context().with("error", reason))
    }

    fn declared_for(&self, answer: Answer<'_>) -> Box<CallError> {
        let protocol = &self.protocol;
        let body: Value = serde_json::from_str(answer.body).unwrap_or(Value::Null);
        let field = |path: &Vec<String>| path.iter().try_fold(&body, |value, key| value.get(key));
        let kind = protocol.fields.get("type").and_then(field).and_then(Value::as_str);
        let mut context = self.context().with("status", answer.status.to_string());
        for (name, path) in &protocol.fields {
            if let Some(value) = field(path).filter(|value| !value.is_null()) {
                context = context.with(name, wire_text(value));
            }
        }
        let errors = self.endpoint.errors.values().chain(protocol.errors.values());
        // Of two errors that fit equally well the first is taken, and the endpoint's own come first.
        let mut best = None;
        for declared in errors {
            let fit = declared.fit(answer.status, kind);
            if fit.is_some() && fit > best.map(|(fit, _)| fit).unwrap_or_default() {
                best = Some((fit, declared));
            }
        }
        let Some((_, declared)) = best else {
            let context = Context { facts: Vec::new(), ..context }.with("error", describe(answer, kind));
            let mut error = protocol.fail(&self.endpoint, GENERIC, &context);
            error.status = Some(answer.status);
            return error;
        };
        if declared.name == UNAUTHORIZED {
            context = context.with("name", &protocol.credential.param);
        } else if context.fact("name").is_none() {
            // Messages use `{name}` for the param at fault. A server may give only a text, which is shown instead.
            let text = context.fact("error").unwrap_or("the server gives no details").to_owned();
            context = context.with("name", text);
        }
        context.params_first = self.endpoint.errors.contains_key(&declared.name);
        let mut error = call_error(&self.endpoint, declared, Some(answer.status), &context);
        error.param = None;
        error
    }
}

/// How much of an unexpected body a message shows, in characters.
const LONGEST_EXCERPT: usize = 200;

/// Describes an answer that no declared error fits, for a message.
fn describe(answer: Answer<'_>, kind: Option<&str>) -> String {
    let mut text = format!("the server answered with status {}", answer.status);
    if let Some(kind) = kind {
        let _ = write!(text, " and the undeclared error type {kind}");
    }
    let body = answer.body.trim();
    if !body.is_empty() {
        let excerpt: String = body.chars().take(LONGEST_EXCERPT).collect();
        let more = if excerpt.len() < body.len() { "…" } else { "" };
        let _ = write!(text, ": {excerpt}{more}");
    }
    text
}
