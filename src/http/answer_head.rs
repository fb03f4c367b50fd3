//! Checks that the head of an answer says in one way only where its body ends.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Response, StatusCode};

use super::error::Error;

/// Whether fetch gives an answer with this status no body, whatever the server sends.
#[must_use]
pub fn has_null_body(status: StatusCode) -> bool {
    matches!(status.as_u16(), 101 | 204 | 205 | 304)
}

/// Returns whether the connection of an answer can be used again: `false` for a 204 that announces a body.
///
/// # Errors
/// [`Error::BadResponse`] for several or invalid lengths.
pub fn check<B>(response: &Response<B>) -> Result<bool, Error> {
    let headers = response.headers();
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let Some(length) = lengths.next() else {
        return Ok(response.status() != StatusCode::NO_CONTENT || !headers.contains_key(TRANSFER_ENCODING));
    };
    let length = length.as_bytes();
    let detail = if lengths.next().is_some() {
        "it has several Content-Length fields"
    } else if headers.contains_key(TRANSFER_ENCODING) {
        "it has a Content-Length beside its Transfer-Encoding"
    } else if length.contains(&b',') {
        "its Content-Length is a list"
    } else if length.is_empty() || !length.iter().all(u8::is_ascii_digit) {
        "its Content-Length is not a number of bytes"
    } else {
        return Ok(response.status() != StatusCode::NO_CONTENT || is_zero(headers));
    };
    Err(Error::BadResponse(detail.into()))
}

fn is_zero(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes().iter().all(|digit| *digit == b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(status: u16, fields: &[(&'static str, &'static str)]) -> Result<bool, String> {
        let mut response = Response::builder().status(status);
        for (name, value) in fields {
            response = response.header(*name, *value);
        }
        check(&response.body(()).unwrap()).map_err(|error| {
            assert_eq!(error.code(), "ERR_CYCLE_BAD_RESPONSE");
            error.cause()
        })
    }

    const CHUNKED: (&str, &str) = ("transfer-encoding", "chunked");

    #[test]
    fn one_length_is_enough() {
        for fields in [&[][..], &[CHUNKED], &[("content-length", "0")], &[("content-length", "002")]] {
            assert_eq!(checked(200, fields), Ok(true));
        }
    }

    #[test]
    fn each_contradiction_is_named() {
        for (fields, word) in [
            (&[CHUNKED, ("content-length", "2")][..], "beside"),
            (&[("content-length", "0"), CHUNKED], "beside"),
            (&[("content-length", "2"), ("content-length", "2")], "several"),
            (&[("content-length", "2, 2")], "list"),
            (&[("content-length", "+2")], "number"),
            (&[("content-length", "")], "number"),
        ] {
            for status in [200, 204, 302] {
                assert!(checked(status, fields).unwrap_err().contains(word), "{fields:?}");
            }
        }
    }

    #[test]
    fn a_204_that_announces_a_body_is_the_last_of_its_connection() {
        assert_eq!(checked(204, &[]), Ok(true));
        assert_eq!(checked(204, &[("content-length", "0")]), Ok(true));
        assert_eq!(checked(204, &[("content-length", "2")]), Ok(false));
        assert_eq!(checked(204, &[CHUNKED]), Ok(false));
        assert_eq!(checked(304, &[("content-length", "2")]), Ok(true));
    }
}
