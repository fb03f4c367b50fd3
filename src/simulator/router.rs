//! Finds the operation of a method and a path.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::declaration::Operation;

/// The operations by method and path. Parts of a path in braces stand for any one part.
#[derive(Debug, Default)]
pub(crate) struct Router {
    exact: HashMap<String, Methods>,
    patterns: Vec<(Vec<Part>, Methods)>,
}

/// Methods in capitals, each with the index of its operation.
type Methods = Vec<(String, usize)>;

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Parameter(String),
}

/// What a method and a path lead to.
#[derive(Debug, PartialEq)]
pub(crate) enum Route {
    /// An operation, by its index, and the values of its path's parameters.
    Operation(usize, Map<String, Value>),
    /// A path that knows only these methods.
    WrongMethod(Vec<String>),
    /// Nothing.
    Unknown,
}

impl Router {
    pub(crate) fn new(operations: &[Operation]) -> Self {
        let mut router = Self::default();
        for (index, operation) in operations.iter().enumerate() {
            let method = operation.method.to_ascii_uppercase();
            if !operation.path.contains('{') {
                router.exact.entry(operation.path.clone()).or_default().push((method, index));
                continue;
            }
            let parts = split(&operation.path);
            match router.patterns.iter_mut().find(|(known, _)| *known == parts) {
                Some((_, methods)) => methods.push((method, index)),
                None => router.patterns.push((parts, vec![(method, index)])),
            }
        }
        router
    }

    /// Looks a request up. `HEAD` is answered by `GET`.
    pub(crate) fn find(&self, method: &str, path: &str) -> Route {
        if let Some(methods) = self.exact.get(path) {
            return choose(methods, method, Map::new());
        }
        let mut wrong = Route::Unknown;
        for (parts, methods) in &self.patterns {
            if let Some(values) = capture(parts, path) {
                match choose(methods, method, values) {
                    route @ Route::Operation(..) => return route,
                    other => wrong = other,
                }
            }
        }
        wrong
    }
}

fn split(path: &str) -> Vec<Part> {
    path.split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => Part::Parameter(name.into()),
            None => Part::Text(part.into()),
        })
        .collect()
}

fn capture(parts: &[Part], path: &str) -> Option<Map<String, Value>> {
    let mut values = Map::new();
    let mut given = path.split('/');
    for part in parts {
        let given = given.next()?;
        match part {
            Part::Text(text) if text == given => {}
            Part::Parameter(name) if !given.is_empty() => {
                values.insert(name.clone(), super::request::percent_decode(given, false).into());
            }
            _ => return None,
        }
    }
    given.next().is_none().then_some(values)
}

fn choose(methods: &[(String, usize)], method: &str, values: Map<String, Value>) -> Route {
    let find = |wanted: &str| methods.iter().find(|(known, _)| known == wanted).map(|(_, index)| *index);
    let index = find(method).or_else(|| (method == "HEAD").then(|| find("GET")).flatten());
    match index {
        Some(index) => Route::Operation(index, values),
        None => Route::WrongMethod(methods.iter().map(|(method, _)| method.clone()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn router() -> Router {
        let operations: Vec<Operation> = serde_json::from_value(json!([
            {"operationId": "read", "method": "get", "path": "/v1/thing"},
            {"operationId": "write", "method": "POST", "path": "/v1/thing"},
            {"operationId": "one", "method": "get", "path": "/v1/things/{id}"},
            {"operationId": "part", "method": "get", "path": "/v1/things/{id}/parts/{part}"}
        ]))
        .unwrap();
        Router::new(&operations)
    }

    #[test]
    fn finds_by_method_and_path() {
        let router = router();
        assert_eq!(router.find("GET", "/v1/thing"), Route::Operation(0, Map::new()));
        assert_eq!(router.find("HEAD", "/v1/thing"), Route::Operation(0, Map::new()));
        assert_eq!(router.find("POST", "/v1/thing"), Route::Operation(1, Map::new()));
        assert_eq!(router.find("PUT", "/v1/thing"), Route::WrongMethod(vec!["GET".into(), "POST".into()]));
        assert_eq!(router.find("GET", "/v1/thing/"), Route::Unknown);
        assert_eq!(router.find("GET", "/v2"), Route::Unknown);
    }

    #[test]
    fn takes_parameters_out_of_the_path() {
        let router = router();
        let Route::Operation(3, values) = router.find("GET", "/v1/things/a%2Fb/parts/c%20d") else {
            panic!("not found")
        };
        assert_eq!(Value::Object(values), json!({"id": "a/b", "part": "c d"}));
        assert_eq!(router.find("GET", "/v1/things/"), Route::Unknown);
        assert_eq!(router.find("DELETE", "/v1/things/x"), Route::WrongMethod(vec!["GET".into()]));
        assert_eq!(router.find("GET", "/v1/things/x/parts"), Route::Unknown);
    }
}
