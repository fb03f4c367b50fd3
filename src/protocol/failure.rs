//! Declared errors, and calls that ended with one.

use serde::Serialize;
use serde_json::{Map, Value};

use super::template::{Filling, Template};
use super::types::{Endpoint, Protocol};

/// An error that a call may end with.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) status: Option<u16>,
    pub(super) msg: Template,
    pub(super) suggestions: Vec<Template>,
    pub(super) codes: Vec<Code>,
}

/// What in an answer means an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// A body of exactly this type.
    Exact(String),
    /// A body whose type starts so.
    Prefix(String),
    /// Any body, with the status of the error.
    Any,
}

impl Code {
    /// Reads a code: `name`, `prefix*` or `*`.
    pub(super) fn parse(source: &str) -> Self {
        match source.strip_suffix('*') {
            Some("") => Self::Any,
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::Exact(source.to_owned()),
        }
    }
}

impl Declared {
    /// How well the error fits an answer; more is better, `None` is not at all. An exact type goes before a
    /// prefix, a longer prefix before a shorter one, and any prefix before the mere status.
    pub(super) fn fit(&self, status: u16, kind: Option<&str>) -> Option<usize> {
        let fit = |code: &Code| match (code, kind) {
            (Code::Exact(exact), Some(kind)) if exact == kind => Some(usize::MAX),
            (Code::Prefix(prefix), Some(kind)) if kind.starts_with(prefix) => Some(prefix.len() + 1),
            (Code::Any, _) if self.status == Some(status) => Some(0),
            _ => None,
        };
        self.codes.iter().filter_map(fit).max()
    }

    /// A type that means this error, for a simulator to answer with.
    pub(super) fn sample_code(&self) -> String {
        let sample = |code: &Code| match code {
            Code::Exact(exact) => Some(exact.clone()),
            Code::Prefix(prefix) => Some(format!("{prefix}simulated")),
            Code::Any => None,
        };
        self.codes.iter().find_map(sample).unwrap_or_else(|| self.name.clone())
    }
}

/// A call that ended with a declared error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
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
    pub(super) fn fail(&self, endpoint: &Endpoint, name: &str, context: &Context<'_>) -> Box<Failure> {
        // The compiler puts every built-in error into the protocol.
        let declared = &self.errors[name];
        let mut failure = failure(endpoint, declared, declared.status, context);
        if let Some(detail) = &failure.detail
            && !failure.message.contains(detail.as_str())
        {
            failure.message = with_reason(&failure.message, detail);
        }
        failure
    }

    /// Ends a call because of one of its params. The reason is a predicate: "is missing".
    pub(super) fn malformed(&self, endpoint: &Endpoint, param: &str, reason: &str) -> Box<Failure> {
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
pub(super) fn failure(
    endpoint: &Endpoint,
    declared: &Declared,
    status: Option<u16>,
    context: &Context<'_>,
) -> Box<Failure> {
    Box::new(Failure {
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

    fn declared(status: Option<u16>, codes: &[&str]) -> Declared {
        Declared {
            name: "broken".to_owned(),
            status,
            msg: Template::parse("{name} broke").unwrap(),
            suggestions: Vec::new(),
            codes: codes.iter().map(|code| Code::parse(code)).collect(),
        }
    }

    #[test]
    fn ranks_how_well_an_error_fits() {
        let exact = declared(Some(500), &["422.a"]).fit(400, Some("422.a")).unwrap();
        let long = declared(Some(500), &["422.*"]).fit(400, Some("422.a")).unwrap();
        let short = declared(Some(500), &["4*"]).fit(400, Some("422.a")).unwrap();
        let status = declared(Some(400), &["*"]).fit(400, Some("422.a")).unwrap();
        assert!(exact > long && long > short && short > status);
        assert_eq!(declared(Some(500), &["*"]).fit(400, None), None);
        assert_eq!(declared(None, &["*"]).fit(400, None), None);
        assert_eq!(declared(Some(400), &["a"]).fit(400, None), None);
        assert_eq!(declared(Some(400), &["x", "*"]).fit(400, Some("y")), Some(0));
    }

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

    #[test]
    fn samples_a_code_that_means_the_error() {
        for codes in [&["a", "*"][..], &["422.*"], &["*"]] {
            let error = declared(Some(400), codes);
            assert!(error.fit(400, Some(&error.sample_code())).is_some(), "{codes:?}");
        }
    }
}
