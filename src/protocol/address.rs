//! The address of the server that a call goes to.

use std::fmt;
use std::net::Ipv6Addr;

use serde::Serialize;
use serde_json::{Map, Value};

use super::types::{HOST, PORT, SOCKET_PATH};

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", untagged)]
pub enum Address {
    /// A TCP address.
    Tcp {
        /// Host name or IP address; IPv6 without brackets.
        host: String,
        /// Port, never 0.
        port: u16,
    },
    /// A Unix socket.
    Unix {
        /// Path of the socket file.
        socket_path: String,
    },
}

impl Address {
    /// Reads host and port, or the path of a socket, from global params. Fails with the name of a param and what is
    /// wrong with it, such as "must not be empty".
    pub(super) fn read(params: &Map<String, Value>) -> Result<Self, (&'static str, String)> {
        let given = |name: &str| params.get(name).filter(|value| !value.is_null());
        match (given(SOCKET_PATH), given(HOST), given(PORT)) {
            (Some(path), None, None) => Self::unix(path).map_err(|reason| (SOCKET_PATH, reason)),
            (Some(_), _, _) => Err((SOCKET_PATH, "must not be given together with host or port".to_owned())),
            (None, Some(host), port) => Self::tcp(host, port),
            (None, None, _) => Err((HOST, "is missing".to_owned())),
        }
    }

    /// Checks those of host, port and socket path that are given; the others may be given later. Fails as
    /// [`Self::read`] does.
    pub(super) fn check(params: &Map<String, Value>) -> Result<(), (&'static str, String)> {
        let mut complete = params.clone();
        let given = |name: &str| params.get(name).is_some_and(|value| !value.is_null());
        if !given(SOCKET_PATH) {
            if !given(HOST) {
                complete.insert(HOST.to_owned(), "localhost".into());
            }
            if !given(PORT) && !matches!(params.get(HOST), Some(Value::String(host)) if has_port(host)) {
                complete.insert(PORT.to_owned(), 1.into());
            }
        }
        Self::read(&complete).map(|_| ())
    }

    fn unix(path: &Value) -> Result<Self, String> {
        match path {
            Value::String(path) if path.is_empty() => Err("must not be empty".to_owned()),
            Value::String(path) if path.contains('\0') => Err("must not contain a zero byte".to_owned()),
            Value::String(path) => Ok(Self::Unix { socket_path: path.clone() }),
            _ => Err("must be a String".to_owned()),
        }
    }

    fn tcp(host: &Value, port: Option<&Value>) -> Result<Self, (&'static str, String)> {
        let Value::String(host) = host else {
            return Err((HOST, "must be a String".to_owned()));
        };
        let (host, own_port) = read_host(host).map_err(|reason| (HOST, reason))?;
        let port = match (port, own_port) {
            (Some(port), None) => read_port(port).map_err(|reason| (PORT, reason))?,
            (None, Some(port)) => port,
            (Some(_), Some(_)) => {
                return Err((PORT, "must not be given twice: host contains one too".to_owned()));
            }
            (None, None) => return Err((PORT, "is missing".to_owned())),
        };
        Ok(Self::Tcp { host, port })
    }

    /// The texts for `{host}` and `{port}` in messages. For a Unix socket: `unix` and its path.
    pub(super) fn host_and_port(&self) -> (String, String) {
        match self {
            Self::Tcp { host, port } if host.contains(':') => (format!("[{host}]"), port.to_string()),
            Self::Tcp { host, port } => (host.clone(), port.to_string()),
            Self::Unix { socket_path } => ("unix".to_owned(), socket_path.clone()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = self.host_and_port();
        write!(f, "{host}:{port}")
    }
}

/// Reads a port: a number, or a string of digits, as environment variables give it.
fn read_port(port: &Value) -> Result<u16, String> {
    let number = match port {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        port => port.as_u64().and_then(|port| u16::try_from(port).ok()),
    };
    let number = number.filter(|port| *port > 0);
    number.ok_or_else(|| "must be a whole number from 1 to 65535".to_owned())
}

/// Whether a host contains a port.
fn has_port(host: &str) -> bool {
    read_host(host).is_ok_and(|(_, port)| port.is_some())
}

/// Reads a host as people write it: a name or an IP address, optionally with `http://` before it and a port after it.
/// Gives host and port.
fn read_host(text: &str) -> Result<(String, Option<u16>), String> {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("https:") {
        return Err("must not start with https: TLS is not supported, only plain http".to_owned());
    }
    let text = if lower.starts_with("http://") { &text["http://".len()..] } else { text };
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text.to_owned(), None));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, rest)) if address.parse::<Ipv6Addr>().is_ok() => match rest.strip_prefix(':') {
                Some(port) => (address, Some(port)),
                None if rest.is_empty() => (address, None),
                None => return Err("must be a host name or an address".to_owned()),
            },
            _ => return Err("must be a host name or an address".to_owned()),
        },
        None => match text.split_once(':') {
            Some((host, port)) => (checked_name(host)?, Some(port)),
            None => (checked_name(text)?, None),
        },
    };
    let port = match port {
        None => None,
        Some(port) => {
            let port =
                port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse::<u16>().ok()).flatten();
            Some(port.filter(|port| *port > 0).ok_or("must be a host name or an address, without a path")?)
        }
    };
    Ok((host.to_owned(), port))
}

fn checked_name(host: &str) -> Result<&str, String> {
    let fits = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if fits { Ok(host) } else { Err("must be a host name or an address, without a path".to_owned()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(params: &Value) -> Result<String, (&'static str, String)> {
        Address::read(params.as_object().unwrap()).map(|address| address.to_string())
    }

    #[test]
    fn reads_addresses() {
        for (params, address) in [
            (json!({"host": "localhost", "port": 80}), "localhost:80"),
            (json!({"host": "localhost", "port": "8080"}), "localhost:8080"),
            (json!({"host": "http://10.0.0.1", "port": 8080}), "10.0.0.1:8080"),
            (json!({"host": "HTTP://example.org/", "port": 1}), "example.org:1"),
            (json!({"host": "http://example.org:81"}), "example.org:81"),
            (json!({"host": "::1", "port": 80}), "[::1]:80"),
            (json!({"host": "[::1]", "port": 80}), "[::1]:80"),
            (json!({"host": "[::1]:81"}), "[::1]:81"),
            (json!({"socket-path": "/run/a.sock"}), "unix:/run/a.sock"),
            (json!({"socket-path": "/run/a.sock", "host": null}), "unix:/run/a.sock"),
        ] {
            assert_eq!(read(&params).unwrap(), address, "{params}");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        for (params, param) in [
            (json!({}), "host"),
            (json!({"port": 80}), "host"),
            (json!({"host": "localhost"}), "port"),
            (json!({"host": "", "port": 80}), "host"),
            (json!({"host": 1, "port": 80}), "host"),
            (json!({"host": "https://a", "port": 80}), "host"),
            (json!({"host": "a/b", "port": 80}), "host"),
            (json!({"host": "a\r\nb", "port": 80}), "host"),
            (json!({"host": "user@a", "port": 80}), "host"),
            (json!({"host": "[::1]x", "port": 80}), "host"),
            (json!({"host": "a:99999"}), "host"),
            (json!({"host": "a:1", "port": 80}), "port"),
            (json!({"host": "a", "port": 0}), "port"),
            (json!({"host": "a", "port": 65536}), "port"),
            (json!({"host": "a", "port": 1.5}), "port"),
            (json!({"host": "a", "port": "80 "}), "port"),
            (json!({"host": "a", "port": "http"}), "port"),
            (json!({"host": "a", "port": ""}), "port"),
            (json!({"host": "a", "port": "65536"}), "port"),
            (json!({"host": "a", "socket-path": "/b"}), "socket-path"),
            (json!({"socket-path": ""}), "socket-path"),
            (json!({"socket-path": "/a\0b"}), "socket-path"),
        ] {
            assert_eq!(read(&params).unwrap_err().0, param, "{params}");
        }
        let (_, reason) = read(&json!({"host": "https://a", "port": 1})).unwrap_err();
        assert!(reason.contains("https"), "{reason}");
    }

    #[test]
    fn checks_what_is_given() {
        for params in [
            json!({}),
            json!({"host": "a"}),
            json!({"port": 1}),
            json!({"host": "a:1"}),
            json!({"socket-path": "/a"}),
        ] {
            assert_eq!(Address::check(params.as_object().unwrap()), Ok(()), "{params}");
        }
        for (params, param) in [
            (json!({"host": "https://a"}), "host"),
            (json!({"port": "x"}), "port"),
            (json!({"host": "a:1", "port": 1}), "port"),
            (json!({"socket-path": "/a", "port": 1}), "socket-path"),
        ] {
            assert_eq!(Address::check(params.as_object().unwrap()).unwrap_err().0, param, "{params}");
        }
    }
}
