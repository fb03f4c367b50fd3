//! What JavaScript asks for: a request, and how to deliver the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::error::Error;
use super::redirect::Redirect;
use super::retry::RetryPolicy;

/// A request, and how to deliver its answer.
#[derive(Debug)]
pub struct Call {
    /// The number of the call in its events; unique among the calls in flight.
    pub id: u32,
    /// The HTTP method.
    pub method: Method,
    /// Host and port of the URL, for the `Host` header.
    pub authority: Authority,
    /// Path and query of the URL.
    pub target: PathAndQuery,
    /// Headers of every call of the client.
    pub defaults: Arc<HeaderMap>,
    /// Headers of this call. They replace defaults of the same name; `None` only removes the default.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// The request body.
    pub payload: Payload,
    /// How the answer is delivered.
    pub delivery: Delivery,
    /// How to treat a redirect.
    pub redirect: Redirect,
    /// Limit on the whole call, including repeats and the body.
    pub timeout: Option<Duration>,
    /// The largest decoded response body in bytes.
    pub max_response_bytes: u64,
    /// When to repeat a failed call; `None` for never, except after a lost connection.
    pub retry: Option<Arc<RetryPolicy>>,
}

/// The request body of a call.
#[derive(Debug)]
pub enum Payload {
    /// No body.
    None,
    /// Bytes, which can be sent again.
    Bytes(Bytes),
    /// A body that JavaScript feeds piece by piece.
    Stream,
}

/// How an answer is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In one event when it is complete, as a string.
    Text,
    /// In one event when it is complete, as the value of its JSON.
    Json,
    /// In one event when it is complete, as an `ArrayBuffer`.
    Bytes,
    /// The head first, then pieces of the body as the reader takes them.
    Stream,
}

/// Parses a header: its name is an HTTP token, its value has Latin-1 characters.
///
/// # Errors
/// [`Error::InvalidRequest`], which names the header but not its value.
pub fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let invalid = |detail| Error::InvalidRequest { part: format!("header {name:?}"), detail };
    let parsed_name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| invalid("the name has characters that HTTP does not allow"))?;
    Ok((parsed_name, header_value(value).map_err(invalid)?))
}

/// Parses a header value of Latin-1 characters. Trims white space.
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
    /// The headers to send: the defaults, replaced and extended by the call's own.
    #[must_use]
    pub fn merged_headers(&self) -> HeaderMap {
        let mut merged = (*self.defaults).clone();
        for (index, (name, value)) in self.headers.iter().enumerate() {
            match value {
                None => drop(merged.remove(name)),
                // The first header of a name replaces the default, further ones are added to it.
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
