//! The errors with which the simulator answers requests. The declaration gives their bodies.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::placeholders::{Scope, fill};

/// The error of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// Name of the declared error case.
    pub(crate) case: String,
    /// JSON pointer to the part of the request that is wrong.
    pub(crate) source: Option<String>,
    /// What is wrong with it.
    pub(crate) detail: Option<String>,
}

impl ApiError {
    pub(crate) fn new(case: impl Into<String>) -> Self {
        Self { case: case.into(), source: None, detail: None }
    }

    pub(crate) fn at(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// The declared errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiErrors {
    /// The body of every error, with the placeholders `$status`, `$code`, `$title`, `$detail` and `$source`.
    body: Value,
    cases: BTreeMap<String, Case>,
}

/// A declared error case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    status: u16,
    code: Value,
    title: String,
}

impl ApiErrors {
    /// The cases that the simulator itself uses, and every declaration must have.
    pub(crate) const BUILT_IN: [&'static str; 9] = [
        "unauthorized",
        "unknown-path",
        "wrong-method",
        "missing-argument",
        "invalid-argument",
        "invalid-syntax",
        "wrong-content-type",
        "too-large",
        "internal",
    ];

    pub(crate) fn has(&self, case: &str) -> bool {
        self.cases.contains_key(case)
    }

    /// The status and body for an error.
    pub(crate) fn answer(&self, error: &ApiError) -> (u16, Value) {
        let Some(case) = self.cases.get(&error.case).or_else(|| self.cases.get("internal")) else {
            return (500, Value::Null);
        };
        (case.status, self.body(case, error))
    }

    /// The body for the first case with this status, if there is one.
    pub(crate) fn of_status(&self, status: u16) -> Option<Value> {
        let (name, case) = self.cases.iter().find(|(_, case)| case.status == status)?;
        Some(self.body(case, &ApiError::new(name.clone())))
    }

    fn body(&self, case: &Case, error: &ApiError) -> Value {
        let (status, title) = (json!(case.status), json!(case.title));
        let (detail, source) = (json!(error.detail), json!(error.source));
        let mut scope =
            Scope::default().with("status", &status).with("code", &case.code).with("title", &title);
        if error.detail.is_some() {
            scope = scope.with("detail", &detail);
        }
        if error.source.is_some() {
            scope = scope.with("source", &source);
        }
        fill(&self.body, &scope).unwrap_or(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors() -> ApiErrors {
        serde_json::from_value(json!({
            "body": {"data": null, "error": {"status": "$status", "code": "$code", "title": "$title", "detail": "$detail", "source": "$source"}},
            "cases": {
                "gone": {"status": 404, "code": "404.thing", "title": "No such thing"},
                "internal": {"status": 500, "code": "500.unknown", "title": "Oh"}
            }
        }))
        .unwrap()
    }

    #[test]
    fn fills_the_declared_body() {
        assert_eq!(
            errors().answer(&ApiError::new("gone").at("/id").detail("is not there")),
            (
                404,
                json!({"data": null, "error": {"status": 404, "code": "404.thing", "title": "No such thing", "detail": "is not there", "source": "/id"}})
            )
        );
        assert_eq!(
            errors().answer(&ApiError::new("gone")).1,
            json!({"data": null, "error": {"status": 404, "code": "404.thing", "title": "No such thing"}})
        );
    }

    #[test]
    fn finds_a_body_for_a_status() {
        assert_eq!(errors().of_status(500).unwrap()["error"]["code"], "500.unknown");
        assert_eq!(errors().of_status(418), None);
        assert_eq!(errors().answer(&ApiError::new("nothing declared")).0, 500);
    }
}
