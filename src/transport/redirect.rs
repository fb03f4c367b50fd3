//! Following redirects as fetch does.

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, LOCATION,
};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};

use super::failure::Failure;

/// Redirects that one call follows; the number is fetch's.
pub const MAX_REDIRECTS: u32 = 20;

/// What a call does with a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirect {
    /// Follow it, over the same socket.
    #[default]
    Follow,
    /// Hand the redirect over as the answer.
    Manual,
    /// Fail.
    Error,
}

/// Where a redirect leads.
#[derive(Debug, PartialEq, Eq)]
pub struct Hop {
    /// Method of the next request.
    pub method: Method,
    /// Host of the next request.
    pub authority: Authority,
    /// Path and query of the next request.
    pub target: PathAndQuery,
    /// Whether the request body is dropped.
    pub drops_body: bool,
    /// Headers that must not go along.
    pub drops_headers: &'static [HeaderName],
}

const BODY_HEADERS: &[HeaderName] = &[CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE];
const ORIGIN_HEADERS: &[HeaderName] = &[AUTHORIZATION, COOKIE];
const BODY_AND_ORIGIN_HEADERS: &[HeaderName] =
    &[CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, AUTHORIZATION, COOKIE];

/// Whether a status asks for another request.
#[must_use]
pub fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The next hop, or `None` when the answer is no redirect.
///
/// # Errors
/// [`Failure::BadRedirect`] when the target is no `http:` URL.
pub fn next_hop(
    method: &Method,
    authority: &Authority,
    target: &PathAndQuery,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Hop>, Failure> {
    if !is_redirect(status) {
        return Ok(None);
    }
    let Some(location) = headers.get(LOCATION) else { return Ok(None) };
    let unreadable = || Failure::BadRedirect("its Location is not a URL");
    let location = String::from_utf8_lossy(location.as_bytes());
    let location = location.split_once('#').map_or(&*location, |(before, _)| before);
    let (next_authority, next_target) = resolve(location, authority, target).ok_or_else(unreadable)??;

    let becomes_get = match status.as_u16() {
        303 => *method != Method::GET && *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    };
    let drops_headers = match (becomes_get, next_authority == *authority) {
        (true, true) => BODY_HEADERS,
        (true, false) => BODY_AND_ORIGIN_HEADERS,
        (false, false) => ORIGIN_HEADERS,
        (false, true) => &[],
    };
    Ok(Some(Hop {
        method: if becomes_get { Method::GET } else { method.clone() },
        authority: next_authority,
        target: next_target,
        drops_body: becomes_get,
        drops_headers,
    }))
}

type Resolved = Result<(Authority, PathAndQuery), Failure>;

fn resolve(location: &str, authority: &Authority, target: &PathAndQuery) -> Option<Resolved> {
    if let Some(rest) = location.strip_prefix("//") {
        return absolute(&format!("http://{rest}"));
    }
    if has_scheme(location) {
        return absolute(location);
    }
    let joined = match location.as_bytes().first() {
        None => target.as_str().into(),
        Some(b'/') => location.to_owned(),
        Some(b'?') => format!("{}{location}", target.path()),
        Some(_) => {
            let folder = target.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{location}")
        }
    };
    let (path, query) =
        joined.split_once('?').map_or((joined.as_str(), None), |(path, query)| (path, Some(query)));
    let path = without_dot_segments(path);
    let joined = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    Some(Ok((authority.clone(), PathAndQuery::try_from(encode(&joined)).ok()?)))
}

fn has_scheme(location: &str) -> bool {
    let Some((scheme, _)) = location.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn absolute(url: &str) -> Option<Resolved> {
    let uri = Uri::try_from(encode(url)).ok()?;
    if !uri.scheme_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("http")) {
        return Some(Err(Failure::BadRedirect("only http: URLs can be reached through the socket")));
    }
    let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    Some(Ok((uri.authority()?.clone(), target)))
}

/// Percent-encodes what a URL may not hold as it is.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>') {
            encoded.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(method: &Method, status: u16, location: &str) -> Result<Option<Hop>, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, http::HeaderValue::from_bytes(location.as_bytes()).unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        next_hop(
            method,
            &Authority::from_static("localhost"),
            &PathAndQuery::from_static("/a/b?c=d"),
            status,
            &headers,
        )
    }

    fn target(location: &str) -> String {
        let hop = hop(&Method::GET, 302, location).unwrap().unwrap();
        format!("{}{}", hop.authority, hop.target)
    }

    #[test]
    fn resolves_the_location_against_the_url() {
        assert_eq!(target("/x?y=z"), "localhost/x?y=z");
        assert_eq!(target("x"), "localhost/a/x");
        assert_eq!(target("../x/./y#part"), "localhost/x/y");
        assert_eq!(target("?q"), "localhost/a/b?q");
        assert_eq!(target("http://other:81/x"), "other:81/x");
        assert_eq!(target("//other"), "other/");
        assert_eq!(target("/with space"), "localhost/with%20space");
        assert_eq!(target("/é"), "localhost/%C3%A9");
    }

    #[test]
    fn the_method_changes_as_in_fetch() {
        for (method, status, next) in [
            (Method::POST, 301, Method::GET),
            (Method::POST, 302, Method::GET),
            (Method::PUT, 302, Method::PUT),
            (Method::PUT, 303, Method::GET),
            (Method::HEAD, 303, Method::HEAD),
            (Method::POST, 307, Method::POST),
            (Method::POST, 308, Method::POST),
        ] {
            let hop = hop(&method, status, "/x").unwrap().unwrap();
            assert_eq!(hop.method, next, "{method} {status}");
            assert_eq!(hop.drops_body, method != next);
        }
    }

    #[test]
    fn credentials_do_not_follow_to_another_origin() {
        assert_eq!(hop(&Method::GET, 302, "http://other/").unwrap().unwrap().drops_headers, ORIGIN_HEADERS);
        assert!(hop(&Method::GET, 302, "http://localhost/x").unwrap().unwrap().drops_headers.is_empty());
    }

    #[test]
    fn only_http_is_followed() {
        assert_eq!(hop(&Method::GET, 302, "https://other/").unwrap_err().code(), "ERR_CYCLE_REDIRECT");
        assert_eq!(hop(&Method::GET, 302, "file:///etc/passwd").unwrap_err().code(), "ERR_CYCLE_REDIRECT");
        assert_eq!(hop(&Method::GET, 304, "/x").unwrap(), None);
        assert_eq!(hop(&Method::GET, 300, "/x").unwrap(), None);
    }
}
