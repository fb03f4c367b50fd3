//! Follows redirects as fetch does.

use std::borrow::Cow;

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, LOCATION,
    PROXY_AUTHORIZATION,
};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, Method, StatusCode};

use url::{Position, Url};

use super::error::Error;

/// The most redirects that one call follows, as in fetch.
pub const MAX_REDIRECTS: u32 = 20;

/// How a call treats a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirect {
    /// Follow it over the same socket.
    #[default]
    Follow,
    /// Deliver it as the answer.
    Manual,
    /// Fail.
    Error,
}

/// The next request after a redirect.
#[derive(Debug, PartialEq, Eq)]
pub struct Hop {
    /// Its method.
    pub method: Method,
    /// Its host and port.
    pub authority: Authority,
    /// Its path and query.
    pub target: PathAndQuery,
    /// Whether it has no body.
    pub drops_body: bool,
    /// Headers of the call to remove.
    pub drops_headers: &'static [HeaderName],
}

const BODY_HEADERS: &[HeaderName] = &[CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE];
const ORIGIN_HEADERS: &[HeaderName] = &[AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
const BODY_AND_ORIGIN_HEADERS: &[HeaderName] = &[
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    AUTHORIZATION,
    COOKIE,
    PROXY_AUTHORIZATION,
];

/// Whether an answer with this status is a redirect, if it has a `Location`.
#[must_use]
pub fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The next request after an answer, or `None` if it is not a redirect.
///
/// # Errors
/// [`Error::BadRedirect`] when the target is not an `http:` URL or has credentials.
pub fn next_hop(
    method: &Method,
    authority: &Authority,
    target: &PathAndQuery,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Hop>, Error> {
    if !is_redirect(status) {
        return Ok(None);
    }
    let Some(location) = headers.get(LOCATION) else { return Ok(None) };
    let location = String::from_utf8_lossy(location.as_bytes());
    let (next_authority, next_target) = resolve(&location, authority, target)?;

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

/// Resolves a `Location` by the WHATWG URL rules. Returns host and port, then path and query.
fn resolve(
    location: &str,
    authority: &Authority,
    target: &PathAndQuery,
) -> Result<(Authority, PathAndQuery), Error> {
    let unreadable = || Error::BadRedirect("its Location is not a URL");
    let base = Url::parse(&format!("http://{authority}{target}")).map_err(|_| unreadable())?;
    let url = base.join(&without_extra_slashes(location)).map_err(|_| unreadable())?;
    if url.scheme() != "http" {
        return Err(Error::BadRedirect("only http: URLs can be reached through the socket"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::BadRedirect("its Location has credentials"));
    }
    let authority = Authority::try_from(&url[Position::BeforeHost..Position::AfterPort]);
    let target = PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery]);
    Ok((authority.map_err(|_| unreadable())?, target.map_err(|_| unreadable())?))
}

/// Reduces more than two slashes before a host to two. The `url` crate does so only after a scheme.
fn without_extra_slashes(location: &str) -> Cow<'_, str> {
    let rest = location.trim_start_matches(['/', '\\', '\t']);
    let slashes = location[..location.len() - rest.len()].matches(['/', '\\']).count();
    if slashes > 2 { Cow::Owned(format!("//{rest}")) } else { Cow::Borrowed(location) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(method: &Method, status: u16, location: &str) -> Result<Option<Hop>, Error> {
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
        assert_eq!(target("http:rel"), "localhost/a/rel");
        assert_eq!(target("///three"), "three/");
        assert_eq!(target("/\\/\t/five/x"), "five/x");
        assert_eq!(target("/a/%2e%2e/b"), "localhost/b");
        assert_eq!(target("/a\tb"), "localhost/ab");
        assert_eq!(target("?it's"), "localhost/a/b?it%27s");
        assert_eq!(target("http://localhost:80/x"), "localhost/x");
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
    fn a_target_with_credentials_is_refused() {
        for location in ["http://user:secret@localhost/", "//user@other/", "http://:secret@localhost/"] {
            let error = hop(&Method::GET, 302, location).unwrap_err();
            assert_eq!(error.code(), "ERR_CYCLE_REDIRECT");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn only_http_is_followed() {
        assert_eq!(hop(&Method::GET, 302, "https://other/").unwrap_err().code(), "ERR_CYCLE_REDIRECT");
        assert_eq!(hop(&Method::GET, 302, "file:///etc/passwd").unwrap_err().code(), "ERR_CYCLE_REDIRECT");
        assert_eq!(hop(&Method::GET, 304, "/x").unwrap(), None);
        assert_eq!(hop(&Method::GET, 300, "/x").unwrap(), None);
    }
}
