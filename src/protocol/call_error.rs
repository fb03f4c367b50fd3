//! Calls that ended with a declared error.

use serde::Serialize;
use serde_json::{Map, Value};

use super::declared_error::Declared;
use super::template::{Filling, Template};
use super::types::{Endpoint, Protocol};

/// A call that ended with a declared error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallError {
    /// The name of the declared error.
    pub name: String,
    /// Its message, filled.
    pub message: String,
    /// The status of the answer, or the declared one when there was no answer.
    pub status: Option<u16>,
    /// What to do about it, filled.
    pub suggestions: Vec<String>,
    /// The endpoint, as `group.name`.
    pub endpoint: String,
    /// The param, field or place that is to blame.
    pub param: Option<String>,
    /// What exactly was wrong, or the server's own words.
    pub detail: Option<String>,
}

/// What the fields of an error's templates may hold.
#[derive(Debug, Default)]
pub(super) struct Context<'a> {
    /// The params of the call.
    pub(super) params: Option<&'a Map<String, Value>>,
    /// Everything else by name.
    pub(super) facts: Vec<(String, String)>,
    /// Whether a param goes before a fact of the same name: so in the messages of an endpoint's own errors,
    /// which know its params.
    pub(super) params_first: bool,
}

impl Context<'_> {
    /// A context with one more fact.
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

    /// Ends a call with a global error. `{name}` and `{error}` of the context become param and detail.
    pub(super) fn fail(&self, endpoint: &Endpoint, name: &str, context: &Context<'_>) -> Box<CallError> {
        // The compiler puts every built-in error into the protocol.
        let declared = &self.errors[name];
        let mut error = call_error(endpoint, declared, declared.status, context);
        if let Some(detail) = &error.detail
            && !error.message.contains(detail.as_str())
        {
            error.message = with_reason(&error.message, detail);
        }
        error
    }

    /// Ends a call because of one of its params. The reason is a predicate: "is missing".
    pub(super) fn malformed(&self, endpoint: &Endpoint, param: &str, reason: &str) -> Box<CallError> {
        let reason = if reason == "is missing" || reason.starts_with("must") {
            format!("it {reason}")
        } else {
            reason.to_owned()
        };
        self.fail(endpoint, MALFORMED, &Context::default().with("name", param).with("error", reason))
    }
}

/// A message with its reason after a colon.
fn with_reason(message: &str, reason: &str) -> String {
    let reason = reason.strip_suffix('.').unwrap_or(reason);
    match message.strip_suffix('.') {
        Some(message) => format!("{message}: {reason}."),
        None => format!("{message}: {reason}"),
    }
}

/// The error of params that do not fit.
pub(super) const MALFORMED: &str = "malformedRequest";
/// The error of credentials that are missing or not accepted.
pub(super) const UNAUTHORIZED: &str = "unauthorized";
/// The error of answers without their shape.
pub(super) const BAD_RESPONSE: &str = "badResponse";
/// The error of everything else.
pub(super) const GENERIC: &str = "generic";

/// Ends a call with an error.
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
