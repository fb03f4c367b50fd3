//! One call as JavaScript makes it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::error::Error;
use super::redirect::Redirect;
use super::retry::RetryPolicy;

/// A request, and how its answer is wanted.
#[derive(Debug)]
pub struct Call {
    /// Number by which its events are told apart; unique among the calls in flight.
    pub id: u32,
    /// HTTP method.
    pub method: Method,
    /// Host and port of the URL, for the `Host` header.
    pub authority: Authority,
    /// Path and query.
    pub target: PathAndQuery,
    /// Headers that every call of the client carries.
    pub defaults: Arc<HeaderMap>,
    /// Headers of this call; they replace defaults of the same name.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// The request body.
    pub payload: Payload,
    /// How the answer is handed over.
    pub delivery: Delivery,
    /// What a redirect does.
    pub redirect: Redirect,
    /// Limit on the whole call, retries and body included.
    pub timeout: Option<Duration>,
    /// Bytes of decoded response body that are accepted.
    pub max_response_bytes: u64,
    /// When a failed call is repeated.
    pub retry: Option<Arc<RetryPolicy>>,
}

/// The body of a call.
#[derive(Debug)]
pub enum Payload {
    /// No body.
    None,
    /// A body of known size, which can be sent again.
    Bytes(Bytes),
    /// A body that JavaScript feeds piece by piece.
    Stream,
}

/// How an answer is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In one event when it is complete, to become a string.
    Text,
    /// The same; what JavaScript wants is the value of the JSON in it.
    Json,
    /// In one event when it is complete, to become an `ArrayBuffer`.
    Bytes,
    /// Head first, then pieces as the reader takes them.
    Stream,
}

/// Parses a header as JavaScript gives it: a token, and a value of Latin-1 characters.
///
/// # Errors
/// [`Error::InvalidRequest`] that names the header and never its value.
pub fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let invalid = |detail| Error::InvalidRequest { part: format!("header {name:?}"), detail };
    let parsed_name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| invalid("the name has characters that HTTP does not allow"))?;
    Ok((parsed_name, header_value(value).map_err(invalid)?))
}

/// A header value of Latin-1 characters, without the white space around it.
///
/// # Errors
/// What is wrong with it.
pub fn header_value(value: &str) -> Result<HeaderValue, &'static str> {
    let trimmed = value.trim_matches(['\t', '\n', '\r', ' ']);
    let parsed = if trimmed.is_ascii() {
        HeaderValue::from_str(trimmed)
    } else {
        let latin1: Option<Vec<u8>> = trimmed.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        HeaderValue::from_bytes(&latin1.ok_or("the value has characters beyond Latin-1")?)
    };
    parsed.map_err(|_| "the value has a line break or another control character")
}

impl Call {
    /// The headers to send: the defaults, overridden and extended by the call's own; `None` removes.
    #[must_use]
    pub fn merged_headers(&self) -> HeaderMap {
        let mut merged = (*self.defaults).clone();
        for (index, (name, value)) in self.headers.iter().enumerate() {
            match value {
                None => drop(merged.remove(name)),
                // The first of several with one name replaces the default, the others come beside it.
                Some(value) if self.headers[..index].iter().any(|(earlier, _)| earlier == name) => {
                    merged.append(name, value.clone());
                }
                Some(value) => drop(merged.insert(name, value.clone())),
            }
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_trimmed_latin1_and_free_of_line_breaks() {
        assert_eq!(parse_header("X-A", " b\t").unwrap().1, "b");
        assert_eq!(parse_header("x-a", "é").unwrap().1.as_bytes(), [0xe9]);
        for (name, value) in [("x-a", "a\r\nb: c"), ("x-a", "a\0b"), ("x-a", "€"), ("x a", "b"), ("", "b")]
        {
            let error = parse_header(name, value).unwrap_err();
            assert_eq!(error.code(), "ERR_CYCLE_INVALID_HEADER");
        }
        assert!(!parse_header("x-cycle-token", "se\ncret").unwrap_err().to_string().contains("cret"));
    }
}
