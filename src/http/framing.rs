//! Headers that frame a request (`Content-Length`, `Connection` and the like) are set by the client. Those of the caller are
//! removed, checked or refused, as fetch does.

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue};

use super::call::{Call, Payload};
use super::error::Error;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const OURS: &str = "the client itself frames requests and manages connections";
const NO_LENGTH: &str = "it is not a number of bytes";
const OTHER_LENGTH: &str = "it is not the length of the body";

/// What to do with a header.
enum Verdict {
    Sent,
    Dropped,
    /// It announces a body of this many bytes.
    Length(u64),
}

/// Removes headers that frame the request. Returns the length that they announce for a streamed body.
///
/// # Errors
/// [`Error::InvalidRequest`] for headers that fetch refuses, and for a `Content-Length` that is not that of the body.
pub fn take(call: &mut Call) -> Result<Option<u64>, Error> {
    let mut announced = None;
    let mut refused = None;
    let payload = &call.payload;
    call.headers.retain_mut(|(name, value)| {
        let Some(given) = value else { return true };
        let verdict = judge(name, given).and_then(|verdict| {
            let Verdict::Length(length) = verdict else { return Ok(verdict) };
            match payload {
                Payload::Bytes(bytes) if !bytes.is_empty() && bytes.len() as u64 != length => {
                    Err(OTHER_LENGTH)
                }
                Payload::Stream if announced.is_some_and(|other| other != length) => Err(OTHER_LENGTH),
                Payload::Stream => {
                    announced = Some(length);
                    Ok(Verdict::Dropped)
                }
                Payload::Bytes(_) | Payload::None => Ok(Verdict::Dropped),
            }
        });
        match verdict {
            Ok(Verdict::Sent) => {
                if *name == CONNECTION {
                    *value = Some(HeaderValue::from_static("close"));
                }
                true
            }
            Ok(Verdict::Dropped | Verdict::Length(_)) => false,
            Err(detail) => {
                refused.get_or_insert_with(|| invalid(name, detail));
                false
            }
        }
    });
    refused.map_or(Ok(announced), Err)
}

/// Whether to send a header that a client sets for every request.
///
/// # Errors
/// [`Error::InvalidRequest`] for headers that fetch refuses.
pub fn may_be_sent(name: &HeaderName, value: &HeaderValue) -> Result<bool, Error> {
    judge(name, value).map(|verdict| matches!(verdict, Verdict::Sent)).map_err(|detail| invalid(name, detail))
}

/// The error of a streamed body that is shorter or longer than announced.
#[must_use]
pub fn other_length() -> Error {
    invalid(&CONTENT_LENGTH, OTHER_LENGTH)
}

fn invalid(name: &HeaderName, detail: &'static str) -> Error {
    Error::InvalidRequest { part: format!("header {:?}", name.as_str()), detail }
}

fn judge(name: &HeaderName, value: &HeaderValue) -> Result<Verdict, &'static str> {
    if *name == CONTENT_LENGTH {
        let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        return digits.and_then(|digits| digits.parse().ok()).map(Verdict::Length).ok_or(NO_LENGTH);
    }
    if *name == CONNECTION {
        let tokens = value.to_str().unwrap_or_default().split(',').map(str::trim);
        let mut closes = false;
        for token in tokens {
            HeaderName::from_bytes(token.as_bytes()).map_err(|_| "it is not a list of tokens")?;
            closes |= token.eq_ignore_ascii_case("close");
        }
        return Ok(if closes { Verdict::Sent } else { Verdict::Dropped });
    }
    if *name == TRANSFER_ENCODING || *name == UPGRADE || *name == KEEP_ALIVE {
        return Err(OURS);
    }
    if *name == EXPECT {
        return Err("the client does not wait for 100 Continue before it sends a body");
    }
    Ok(Verdict::Sent)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::uri::{Authority, PathAndQuery};
    use http::{HeaderMap, Method};

    use super::*;
    use crate::http::Delivery;
    use crate::http::redirect::Redirect;

    fn taken(
        payload: Payload,
        headers: &[(&'static str, &'static str)],
    ) -> Result<(Option<u64>, Vec<String>), Error> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), Some(HeaderValue::from_static(value))));
        let mut call = Call {
            id: 0,
            method: Method::POST,
            authority: Authority::from_static("localhost"),
            target: PathAndQuery::from_static("/"),
            defaults: Arc::new(HeaderMap::new()),
            headers: headers.collect(),
            payload,
            delivery: Delivery::Text,
            redirect: Redirect::Follow,
            timeout: None,
            max_response_bytes: u64::MAX,
            retry: None,
        };
        let announced = take(&mut call)?;
        let sent = call.merged_headers();
        Ok((announced, sent.iter().map(|(name, value)| format!("{name}: {value:?}")).collect()))
    }

    #[test]
    fn a_length_is_never_sent_and_must_be_that_of_the_body() {
        let body = || Payload::Bytes(Bytes::from_static(b"four"));
        for payload in [body(), Payload::None, Payload::Bytes(Bytes::new())] {
            let sent = taken(payload, &[("content-length", "4"), ("x-own", "a")]).unwrap();
            assert_eq!(sent, (None, vec!["x-own: \"a\"".to_owned()]));
        }
        assert_eq!(taken(Payload::Stream, &[("content-length", "0005")]).unwrap(), (Some(5), Vec::new()));
        for (payload, length) in [(body(), "1"), (body(), "100"), (body(), "0"), (body(), "+4")] {
            let error = taken(payload, &[("content-length", length)]).unwrap_err();
            assert_eq!(error.code(), "ERR_CYCLE_INVALID_HEADER", "{length}");
            assert!(error.to_string().contains("content-length"), "{error}");
        }
        for length in ["", "-1", "a", "1, 1", "99999999999999999999999"] {
            assert!(taken(Payload::None, &[("content-length", length)]).is_err(), "{length}");
        }
        assert!(taken(Payload::Stream, &[("content-length", "1"), ("content-length", "2")]).is_err());
    }

    #[test]
    fn of_the_connection_only_its_end_may_be_asked_for() {
        for (given, sent) in [("close", true), ("x-a, Close", true), ("keep-alive", false), ("x-own", false)]
        {
            let expected = if sent { vec!["connection: \"close\"".to_owned()] } else { Vec::new() };
            assert_eq!(taken(Payload::None, &[("connection", given)]).unwrap().1, expected, "{given}");
        }
        assert!(taken(Payload::None, &[("connection", "a b")]).is_err());
        assert!(taken(Payload::None, &[("connection", "")]).is_err());
    }

    #[test]
    fn what_frames_a_request_is_refused() {
        for name in ["transfer-encoding", "keep-alive", "upgrade", "expect"] {
            let error = taken(Payload::None, &[(name, "chunked")]).unwrap_err();
            assert_eq!(error.code(), "ERR_CYCLE_INVALID_HEADER");
            let value = HeaderValue::from_static("chunked");
            assert!(may_be_sent(&HeaderName::from_static(name), &value).is_err());
        }
        let length = HeaderValue::from_static("5");
        assert!(!may_be_sent(&CONTENT_LENGTH, &length).unwrap());
        assert!(may_be_sent(&HeaderName::from_static("te"), &length).unwrap());
    }
}
