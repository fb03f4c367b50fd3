//! Answers that a test sets, to be sent in place of the simulator's own.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::error::Error;

/// An answer that a test sets. Parts that it does not give are as in the simulator's own answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Content>,
    pub(crate) delay: Duration,
    pub(crate) drop: Option<DropAt>,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Json(String),
    Text(String),
    Bytes(Bytes),
}

/// Where the connection is dropped.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum DropAt {
    /// Before the answer.
    Connection,
    /// After half of the answer's head.
    Head,
    /// After the head and half of the body.
    Body,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    status: Option<u16>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// Wrapped in an array, so that `null` can be told from no body.
    body: Option<(Value,)>,
    text: Option<String>,
    #[serde(default)]
    delay_ms: f64,
    drop: Option<DropAt>,
}

impl Answer {
    /// Reads an answer: a JSON object with any of `status`, `headers` (pairs), `body` (an array with one JSON value),
    /// `text`, `delayMs` and `drop` (`connection`, `head` or `body`). `bytes` is a body of any bytes.
    ///
    /// # Errors
    /// When `text` is not such an object, or contains a status or header that HTTP does not allow.
    pub fn parse(text: &str, bytes: Option<Vec<u8>>) -> Result<Self, Error> {
        let written: Written = serde_json::from_str(text).map_err(Error::Answer)?;
        if let Some(status) = written.status.filter(|status| !(200..600).contains(status)) {
            return Err(Error::AnswerStatus(status));
        }
        let mut bodies = [
            written.body.map(|(value,)| Content::Json(value.to_string())),
            written.text.map(Content::Text),
            bytes.map(|bytes| Content::Bytes(bytes.into())),
        ]
        .into_iter()
        .flatten();
        let body = bodies.next();
        if bodies.next().is_some() {
            return Err(Error::AnswerBodies);
        }
        let headers = written.headers.into_iter().map(|(name, value)| {
            match (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes())) {
                (Ok(name), Ok(value)) => Ok((name, value)),
                _ => Err(Error::AnswerHeader(name)),
            }
        });
        Ok(Self {
            status: written.status,
            headers: headers.collect::<Result<_, _>>()?,
            body,
            delay: Duration::try_from_secs_f64(written.delay_ms / 1000.0).unwrap_or_default(),
            drop: written.drop,
        })
    }

    /// Whether it replaces the simulator's own answer. Otherwise it only changes how that is sent.
    pub(crate) fn replaces(&self) -> bool {
        self.status.is_some() || self.body.is_some()
    }
}

impl Content {
    pub(crate) fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Text(_) => "text/plain; charset=utf-8",
            Self::Bytes(_) => "application/octet-stream",
        }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Json(text) | Self::Text(text) => text.into(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_answer() {
        let answer = Answer::parse(
            r#"{"status": 503, "headers": [["Retry-After", "1"]], "body": [null], "delayMs": 1.5, "drop": "head"}"#,
            None,
        )
        .unwrap();
        assert_eq!((answer.status, answer.drop), (Some(503), Some(DropAt::Head)));
        assert_eq!(answer.body, Some(Content::Json("null".into())));
        assert_eq!(answer.delay, Duration::from_micros(1500));
        assert_eq!(answer.headers[0].0, "retry-after");
        assert!(answer.replaces());
        assert!(!Answer::parse(r#"{"delayMs": 1, "headers": [["x", "y"]]}"#, None).unwrap().replaces());
        let bytes = Answer::parse("{}", Some(vec![0, 255])).unwrap();
        assert_eq!(bytes.body.unwrap().into_bytes(), Bytes::from_static(&[0, 255]));
    }

    #[test]
    fn refuses_what_http_does_not_allow() {
        for (text, message) in [
            (r#"{"status": 101}"#, "the status must be a whole number from 200 to 599, not 101"),
            (r#"{"headers": [["a b", "c"]]}"#, "HTTP does not allow the header \"a b\" or its value"),
            (r#"{"headers": [["a", "b\r\nc: d"]]}"#, "HTTP does not allow the header \"a\" or its value"),
            (r#"{"text": "a", "body": [1]}"#, "an answer has one of body, text and bytes, not several"),
        ] {
            assert_eq!(Answer::parse(text, None).unwrap_err().to_string(), message);
        }
        assert!(
            Answer::parse(r#"{"stauts": 200}"#, None)
                .unwrap_err()
                .to_string()
                .contains("unknown field `stauts`")
        );
    }
}
