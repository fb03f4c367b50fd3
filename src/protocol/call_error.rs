//! The error that a call ends with.

use serde::Serialize;
use serde_json::{Map, Value};

use super::declared_error::Declared;
use super::template::{Filling, Template};
use super::types::{Endpoint, Protocol};

/// The error of a call: a declared one, with the texts of this call filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallError {
    /// The name of the declared error.
    pub name: String,
    /// What happened.
    pub message: String,
    /// The status of the answer, or the declared one when there was no answer.
    pub status: Option<u16>,
    /// What to do about it.
    pub suggestions: Vec<String>,
    /// The endpoint, as `group.name`.
    pub endpoint: String,
    /// The param, field or place in the body that is at fault.
    pub param: Option<String>,
    /// What exactly was wrong, or the server's own text.
    pub detail: Option<String>,
}

/// The values for the `{fields}` of an error's message templates.
#[derive(Debug, Default)]
pub(super) struct Context<'a> {
    /// The params of the call.
    pub(super) params: Option<&'a Map<String, Value>>,
    /// All other values, by field name.
    pub(super) facts: Vec<(String, String)>,
    /// Whether a param is preferred to a fact of the same name. True for the endpoint's own errors, whose messages are
    /// written for its params.
    pub(super) params_first: bool,
}

impl Context<'_> {
    /// Adds a fact.
    pub(super) fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.facts.push((name.to_owned(), text.into()));
        self
    }

    /// The fact with a name.
    pub(super) fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }

    /// Fills a template.
    pub(super) fn fill(&self, template: &Template) -> String {
        template.fill(|name| {
            let param = self.params.and_then(|params| params.get(name)).map(Filling::Value);
            let fact = self.fact(name).map(Filling::Text);
            if self.params_first { param.or(fact) } else { fact.or(param) }
        })
    }
}

impl Protocol {
    /// The error called `name`: the endpoint's own, or a global one.
    pub(super) fn declared_error<'a>(&'a self, endpoint: &'a Endpoint, name: &str) -> Option<&'a Declared> {
        endpoint.errors.get(name).or_else(|| self.errors.get(name))
    }

    /// Makes the global error called `name`. The facts `name` and `error` become its param and detail.
    pub(super) fn fail(&self, endpoint: &Endpoint, name: &str, context: &Context<'_>) -> Box<CallError> {
        // Compilation adds every built-in error to the protocol.
        let declared = &self.errors[name];
        let mut error = call_error(endpoint, declared, declared.status, context);
        if let Some(detail) = &error.detail
            && !error.message.contains(detail.as_str())
        {
            error.message = with_reason(&error.message, detail);
        }
        error
    }

    /// Makes the error of a param that does not fit. `reason` follows the param's name: "is missing".
    pub(super) fn malformed(&self, endpoint: &Endpoint, param: &str, reason: &str) -> Box<CallError> {
        let reason = if reason == "is missing" || reason.starts_with("must") {
            format!("it {reason}")
        } else {
            reason.to_owned()
        };
        self.fail(endpoint, MALFORMED, &Context::default().with("name", param).with("error", reason))
    }
}

/// Appends a reason to a message, after a colon.
fn with_reason(message: &str, reason: &str) -> String {
    let reason = reason.strip_suffix('.').unwrap_or(reason);
    match message.strip_suffix('.') {
        Some(message) => format!("{message}: {reason}."),
        None => format!("{message}: {reason}"),
    }
}

/// Built-in error: a param does not fit.
pub(super) const MALFORMED: &str = "malformedRequest";
/// Built-in error: the credential is missing or not accepted.
pub(super) const UNAUTHORIZED: &str = "unauthorized";
/// Built-in error: an answer does not have the declared shape.
pub(super) const BAD_RESPONSE: &str = "badResponse";
/// Built-in error: anything else.
pub(super) const GENERIC: &str = "generic";

/// Fills a declared error with the values of a call.
pub(super) fn call_error(
    endpoint: &Endpoint,
    declared: &Declared,
    status: Option<u16>,
    context: &Context<'_>,
) -> Box<CallError> {
    Box::new(CallError {
        name: declared.name.clone(),
        message: context.fill(&declared.msg),
        status,
        suggestions: declared.suggestions.iter().map(|suggestion| context.fill(suggestion)).collect(),
        endpoint: endpoint.id(),
        param: context.fact("name").map(str::to_owned),
        detail: context.fact("error").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_go_before_params() {
        let params = serde_json::json!({"name": "param", "other": 1});
        let context = Context { params: params.as_object(), ..Context::default() };
        let template = Template::parse("{name} {other}").unwrap();
        assert_eq!(context.fill(&template), "param 1");
        assert_eq!(context.with("name", "fact").fill(&template), "fact 1");
        let context = Context { params: params.as_object(), params_first: true, ..Context::default() };
        assert_eq!(context.with("name", "fact").with("error", "x").fill(&template), "param 1");
    }

    #[test]
    fn the_reason_is_part_of_the_message() {
        assert_eq!(with_reason("No connection to a:1.", "refused."), "No connection to a:1: refused.");
        assert_eq!(with_reason("Malformed: x", "it is missing"), "Malformed: x: it is missing");
    }
}
