//! The requests that the engine answers.

use bytes::Bytes;
use http::request::Parts;
use serde_json::{Map, Value};
use url::form_urlencoded;

/// A complete request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// In upper case.
    pub(crate) method: String,
    /// Path and query, not decoded.
    pub(crate) target: String,
    /// Path, not decoded.
    pub(crate) path: String,
    /// Decoded. The value of a name that occurs more than once is an array.
    pub(crate) query: Map<String, Value>,
    /// In their order, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(head: &Parts, body: Bytes) -> Self {
        let query = head.uri.query().map(parse_query).unwrap_or_default();
        let headers = head.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Self {
            method: head.method.as_str().to_owned(),
            target: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
            path: head.uri.path().to_owned(),
            query,
            headers: headers.collect(),
            body,
        }
    }

    /// The first value of a header; `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Parses a query string. `+` is decoded as a space.
pub(crate) fn parse_query(text: &str) -> Map<String, Value> {
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()).into_owned() {
        let value = Value::String(value);
        match query.get_mut(&name) {
            None => {
                query.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_queries() {
        assert_eq!(
            Value::Object(parse_query("scope=global&key=a%20b+c&tag=1&tag=2&tag=3&&flag&=x")),
            json!({"scope": "global", "key": "a b c", "tag": ["1", "2", "3"], "flag": "", "": "x"})
        );
    }

    #[test]
    fn leaves_broken_codes_alone() {
        assert_eq!(
            Value::Object(parse_query("a=100%&b=%zz%4&c=a%2Bb%C3%A9&d=%ff")),
            json!({"a": "100%", "b": "%zz%4", "c": "a+bé", "d": "\u{fffd}"})
        );
    }

    #[test]
    fn keeps_the_target_as_it_came() {
        let (head, ()) = http::Request::builder()
            .method("POST")
            .uri("/v1/x%20y?a=1")
            .header("X-One", "1")
            .body(())
            .unwrap()
            .into_parts();
        let request = Request::new(&head, Bytes::from_static(b"{}"));
        assert_eq!((request.target.as_str(), request.path.as_str()), ("/v1/x%20y?a=1", "/v1/x%20y"));
        assert_eq!(request.header("x-one"), Some("1"));
        assert_eq!(request.header("x-two"), None);
    }
}
