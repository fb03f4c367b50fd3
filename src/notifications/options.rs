//! The options of a notification socket.

use std::path::PathBuf;
use std::time::Duration;

use super::backoff::Backoff;
use super::error::Error;
use super::topics::Filter;
use crate::http::call::header_value;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};

/// The header that carries the token.
pub const TOKEN_HEADER: &str = "x-cycle-token";

/// The options of a notification socket, with defaults from [`Options::new`].
pub struct Options {
    /// Path of the server's Unix socket.
    pub socket_path: PathBuf,
    /// Headers of the handshake besides those of the WebSocket protocol.
    pub headers: Headers,
    /// Delays between attempts to reconnect; `None`: never reconnect.
    pub reconnect: Option<Backoff>,
    /// Which messages are wanted, by topic; `None`: all.
    pub topics: Option<Filter>,
    /// Silence after which the server counts as dead; `None`: no limit.
    pub idle_timeout: Option<Duration>,
    /// How long the server may take to answer the handshake; `None`: no limit.
    pub headers_timeout: Option<Duration>,
    /// Bytes in the outbox at which reading pauses.
    pub high_water_mark: usize,
    /// Largest message accepted, in bytes.
    pub max_message_bytes: usize,
}

impl Options {
    /// The defaults: reconnecting without jitter, all topics, no idle timeout, 300 seconds for the answer to the
    /// handshake, a high-water mark of 16 MiB, messages up to 64 MiB.
    #[must_use]
    pub fn new(socket_path: impl Into<PathBuf>) -> Self {
        Self {
            socket_path: socket_path.into(),
            headers: Headers::default(),
            reconnect: Some(Backoff::default()),
            topics: None,
            idle_timeout: None,
            headers_timeout: Some(Duration::from_secs(300)),
            high_water_mark: 16 << 20,
            max_message_bytes: 64 << 20,
        }
    }

    /// The socket's path, for messages.
    #[must_use]
    pub fn path(&self) -> String {
        self.socket_path.display().to_string()
    }
}

/// The user's headers and the token. `Debug` does not show values.
#[derive(Clone, Default)]
pub struct Headers(HeaderMap);

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Headers {
    /// Checks extra headers and adds the token, which replaces an extra header of the same name. An empty token is not
    /// added.
    ///
    /// # Errors
    /// [`Error`] for the first header that cannot be sent.
    pub fn new<I>(extra: I, token: Option<&str>) -> Result<Self, Error>
    where
        I: IntoIterator<Item = (String, String)>,
    {
        let mut headers = HeaderMap::new();
        for (name, value) in extra {
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Error::HeaderName(name.clone()))?;
            if is_reserved(&key) {
                return Err(Error::ReservedHeader(name));
            }
            headers.insert(key, secret(name, &value)?);
        }
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            headers.insert(TOKEN_HEADER, secret(TOKEN_HEADER.into(), token)?);
        }
        Ok(Self(headers))
    }

    /// Whether a token is sent: the option, or an extra header.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.0.contains_key(TOKEN_HEADER)
    }

    /// The headers to send.
    #[must_use]
    pub fn map(&self) -> &HeaderMap {
        &self.0
    }
}

fn secret(name: String, value: &str) -> Result<HeaderValue, Error> {
    let mut value = header_value(value).map_err(|fault| Error::HeaderValue { name, fault })?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_reserved(name: &HeaderName) -> bool {
    matches!(name.as_str(), "connection" | "expect" | "keep-alive" | "upgrade")
        || name.as_str().starts_with("sec-websocket-")
        || name == CONTENT_LENGTH
        || name == TRANSFER_ENCODING
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(extra: &[(&str, &str)], token: Option<&str>) -> Result<Headers, Error> {
        Headers::new(extra.iter().map(|(name, value)| ((*name).into(), (*value).into())), token)
    }

    #[test]
    fn the_token_wins_over_an_extra_header() {
        let made = headers(&[("X-Cycle-Token", "extra"), ("x-one", "1")], Some("real")).unwrap();
        assert_eq!(made.map().get(TOKEN_HEADER).unwrap(), "real");
        assert_eq!(made.map().get("x-one").unwrap(), "1");
        assert_eq!(made.map().len(), 2);
    }

    #[test]
    fn an_extra_header_may_bring_the_token() {
        assert!(headers(&[("x-cycle-token", "extra")], None).unwrap().has_token());
        assert!(headers(&[("X-CYCLE-TOKEN", "extra")], Some("")).unwrap().has_token());
        assert!(!headers(&[], Some("")).unwrap().has_token());
        assert!(!headers(&[], None).unwrap().has_token());
    }

    #[test]
    fn errors_name_the_header_but_not_its_value() {
        assert!(
            matches!(headers(&[("bad name", "v")], None), Err(Error::HeaderName(name)) if name == "bad name")
        );
        for reserved in [
            "Connection",
            "upgrade",
            "Sec-WebSocket-Key",
            "content-length",
            "Transfer-Encoding",
            "Expect",
            "Keep-Alive",
        ] {
            assert!(
                matches!(headers(&[(reserved, "v")], None), Err(Error::ReservedHeader(name)) if name == reserved)
            );
        }
        let error = headers(&[("x-a", "se\ncret")], None).unwrap_err().to_string();
        assert!(error.contains("x-a") && !error.contains("cret"), "{error}");
        let error = headers(&[], Some("se\ncret")).unwrap_err().to_string();
        assert!(error.contains("x-cycle-token") && !error.contains("cret"), "{error}");
    }

    #[test]
    fn values_go_out_as_latin1() {
        let made = headers(&[("x-a", " Größe\t")], Some("ÿ")).unwrap();
        assert_eq!(made.map().get("x-a").unwrap().as_bytes(), b"Gr\xf6\xdfe");
        assert_eq!(made.map().get(TOKEN_HEADER).unwrap().as_bytes(), b"\xff");
        for refused in [headers(&[("x-a", "€")], None), headers(&[], Some("€"))] {
            assert!(refused.unwrap_err().to_string().contains("beyond Latin-1"));
        }
    }

    #[test]
    fn debug_output_shows_no_values() {
        let made = headers(&[("x-a", "hidden")], Some("hidden")).unwrap();
        let shown = format!("{made:?}");
        assert!(shown.contains("x-a") && !shown.contains("hidden"), "{shown}");
    }
}
