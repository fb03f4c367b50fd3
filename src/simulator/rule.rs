//! Rules: which requests get an answer that the test sets.

use super::answer::Answer;
use super::declaration::Operation;
use super::error::Error;
use super::request::Request;

/// The rules of a simulator. A later rule is preferred to an earlier one.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
    last_id: u32,
}

#[derive(Debug)]
struct Rule {
    id: u32,
    matcher: Matcher,
    response: Response,
    /// How many more requests it answers; `None` for no limit.
    left: Option<u32>,
    calls: u32,
}

/// What a rule answers.
#[derive(Clone, Debug)]
pub(crate) enum Response {
    /// This answer.
    Fixed(Box<Answer>),
    /// The answer that the test gives when it is asked.
    Asked,
}

/// Which requests a rule answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matcher {
    method: Option<String>,
    path: Option<String>,
    operation: Option<String>,
}

impl Matcher {
    /// Parses `GET /path`, `/path` or the name of an operation.
    pub(crate) fn parse(text: &str, operations: &[Operation]) -> Result<Self, Error> {
        let unknown = || Error::UnknownMatch(text.to_owned());
        let path = |path: &str| path.split(['?', '#']).next().map(String::from);
        if text.starts_with('/') {
            return Ok(Self { path: path(text), ..Self::default() });
        }
        if let Some((method, target)) = text.split_once(' ') {
            let target = target.trim();
            let named = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
            if !named || !target.starts_with('/') {
                return Err(unknown());
            }
            return Ok(Self {
                method: Some(method.to_ascii_uppercase()),
                path: path(target),
                operation: None,
            });
        }
        let declared = operations.iter().any(|operation| operation.id == text);
        let operation = declared.then(|| text.to_owned()).ok_or_else(unknown)?;
        Ok(Self { operation: Some(operation), ..Self::default() })
    }

    fn matches(&self, request: &Request, operation: Option<&str>) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path.as_ref().is_none_or(|path| *path == request.path)
            && self.operation.as_ref().is_none_or(|name| operation == Some(name))
    }
}

impl Rules {
    /// Adds a rule, which is preferred to all others. It answers `times` requests, or all with `None`. Returns its
    /// number.
    pub(crate) fn add(&mut self, matcher: Matcher, response: Response, times: Option<u32>) -> u32 {
        self.last_id += 1;
        self.rules.push(Rule { id: self.last_id, matcher, response, left: times, calls: 0 });
        self.last_id
    }

    /// Finds the rule for a request and counts the call. Gives the rule's number and its answer.
    pub(crate) fn take(&mut self, request: &Request, operation: Option<&str>) -> Option<(u32, Response)> {
        let rule = self
            .rules
            .iter_mut()
            .rev()
            .find(|rule| rule.left != Some(0) && rule.matcher.matches(request, operation))?;
        rule.left = rule.left.map(|left| left - 1);
        rule.calls += 1;
        Some((rule.id, rule.response.clone()))
    }

    /// Removes a rule; `false` when there is no such rule.
    pub(crate) fn remove(&mut self, id: u32) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        before != self.rules.len()
    }

    /// How often a rule has answered; `None` when there is no such rule.
    pub(crate) fn calls(&self, id: u32) -> Option<u32> {
        self.rules.iter().find(|rule| rule.id == id).map(|rule| rule.calls)
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn operations() -> Vec<Operation> {
        serde_json::from_value(json!([{"operationId": "getThing", "method": "get", "path": "/v1/thing"}]))
            .unwrap()
    }

    fn request(method: &str, path: &str) -> Request {
        Request { method: method.into(), path: path.into(), ..Request::default() }
    }

    #[test]
    fn reads_the_three_forms() {
        let parse = |text| Matcher::parse(text, &operations());
        assert!(parse("get /v1/x?a=1").unwrap().matches(&request("GET", "/v1/x"), None));
        assert!(parse("/v1/x").unwrap().matches(&request("PATCH", "/v1/x"), None));
        assert!(!parse("POST /v1/x").unwrap().matches(&request("GET", "/v1/x"), None));
        assert!(parse("getThing").unwrap().matches(&request("GET", "/v1/thing"), Some("getThing")));
        assert!(!parse("getThing").unwrap().matches(&request("GET", "/v1/thing"), None));
        for text in ["getThong", "", " /v1/x", "GET v1", "GET", "G3T /v1"] {
            assert!(matches!(parse(text), Err(Error::UnknownMatch(refused)) if refused == text));
        }
    }

    #[test]
    fn lets_the_last_rule_answer_until_it_is_used_up() {
        let mut rules = Rules::default();
        let thing = || Matcher::parse("/v1/thing", &operations()).unwrap();
        let first = rules.add(thing(), Response::Asked, None);
        let second = rules.add(thing(), Response::Asked, Some(2));
        let mut take = || rules.take(&request("GET", "/v1/thing"), None).map(|(id, _)| id);
        assert_eq!([take(), take(), take()], [Some(second), Some(second), Some(first)]);
        assert_eq!((rules.calls(first), rules.calls(second)), (Some(1), Some(2)));
        assert!(rules.remove(first));
        assert!(!rules.remove(first));
        assert!(rules.take(&request("GET", "/v1/thing"), None).is_none());
        assert!(rules.take(&request("GET", "/v1/other"), None).is_none());
    }
}
