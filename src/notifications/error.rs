//! The errors of notification sockets, with the messages that users see.

use std::io;
use std::path::Path;

use super::websocket::ProtocolError;
use crate::{socket_path, system_error};

/// Why a notification socket could not be made ([`Self::HeaderName`] to [`Self::Pattern`]), or what its `error` event
/// reports.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name of a header is not one that HTTP allows.
    #[error("{0:?} is not a valid header name")]
    HeaderName(String),
    /// The value of a header contains a control character, such as a line break, or a character beyond Latin-1. The
    /// message does not show it: it may be secret.
    #[error("the value of the header {name:?} cannot be sent: {fault}")]
    HeaderValue {
        /// Name of the header.
        name: String,
        /// What is wrong with its value.
        fault: &'static str,
    },
    /// A header that the WebSocket handshake sets itself.
    #[error("the header {0:?} belongs to the handshake and cannot be set")]
    ReservedHeader(String),
    /// Neither a topic nor `prefix.*`.
    #[error(
        "{0:?} is not a topic pattern: give a whole topic such as \"container.new\", or a prefix such as \"container.*\""
    )]
    Pattern(String),
    /// The Unix socket could not be connected to.
    #[error("cannot connect to the notification socket {path}: {source}{advice}", advice = connect_advice(path, source))]
    Connect {
        /// Path of the socket.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke before the handshake was answered.
    #[error("the connection to {path} failed during the notification handshake: {source}")]
    Handshaking {
        /// Path of the socket.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server answered the handshake with something other than 101.
    #[error("the server on {path} refused the notification handshake with status {status}{advice}")]
    Refused {
        /// Path of the socket.
        path: String,
        /// HTTP status of the answer.
        status: u16,
        /// Beginning of the answer's body.
        body: String,
        /// The cause as far as the status tells it, or empty.
        advice: &'static str,
    },
    /// The answer to the handshake was not a valid one.
    #[error("the notification handshake with the server on {path} failed: {problem}")]
    Handshake {
        /// Path of the socket.
        path: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The server broke the rules of the WebSocket protocol.
    #[error("the server on {path} broke the WebSocket protocol: {source}; the connection is closed")]
    Protocol {
        /// Path of the socket.
        path: String,
        /// The rule that it broke.
        source: ProtocolError,
    },
    /// A message was larger than `maxMessageBytes`.
    #[error(
        "a notification from the server on {path} is larger than the {limit} bytes that maxMessageBytes allows; the connection is closed"
    )]
    MessageTooLarge {
        /// Path of the socket.
        path: String,
        /// `maxMessageBytes`.
        limit: usize,
    },
    /// A binary frame came; the connection goes on.
    #[error("received non-text notification frame")]
    Binary,
    /// Nothing was received for the whole idle timeout, not even an answer to a ping.
    #[error("the server on {path} was silent for {ms} ms{during}; the connection is closed")]
    IdleTimeout {
        /// Path of the socket.
        path: String,
        /// The timeout, in milliseconds.
        ms: u128,
        /// The phase: " during the handshake", or empty.
        during: &'static str,
    },
    /// The handshake was not answered in time.
    #[error(
        "the server on {path} did not answer the notification handshake within the {ms} ms that headersTimeoutMs allows"
    )]
    HeadersTimeout {
        /// Path of the socket.
        path: String,
        /// The limit, in milliseconds.
        ms: u128,
    },
    /// A panic, which is a bug.
    #[error("the notification socket failed; this is a bug in the package")]
    Internal,
    /// The connection ended without a close frame.
    #[error("the connection to {path} was lost: {source}")]
    Lost {
        /// Path of the socket.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// The error code: for system errors the system's, such as `ECONNREFUSED`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HeaderName(_) | Self::HeaderValue { .. } | Self::ReservedHeader(_) | Self::Pattern(_) => {
                "ERR_INVALID_ARG_VALUE"
            }
            Self::Connect { source, .. } | Self::Handshaking { source, .. } | Self::Lost { source, .. } => {
                system_error::code(source)
            }
            Self::Refused { .. } | Self::Handshake { .. } => "ERR_CYCLE_HANDSHAKE",
            Self::Protocol { .. } => "ERR_CYCLE_PROTOCOL",
            Self::MessageTooLarge { .. } => "ERR_CYCLE_MESSAGE_TOO_LARGE",
            Self::Binary => "ERR_CYCLE_BINARY_FRAME",
            Self::IdleTimeout { .. } => "ERR_CYCLE_IDLE_TIMEOUT",
            Self::HeadersTimeout { .. } => "ERR_CYCLE_HEADERS_TIMEOUT",
            Self::Internal => "ERR_CYCLE_INTERNAL",
        }
    }

    /// For system errors: the system call that failed, and its error.
    #[must_use]
    pub fn system(&self) -> Option<(&'static str, &io::Error)> {
        match self {
            Self::Connect { source, .. } => Some(("connect", source)),
            Self::Handshaking { source, .. } | Self::Lost { source, .. } => Some(("read", source)),
            _ => None,
        }
    }

    /// For a refused handshake: status and beginning of the body of the answer.
    #[must_use]
    pub fn refusal(&self) -> Option<(u16, &str)> {
        match self {
            Self::Refused { status, body, .. } => Some((*status, body)),
            _ => None,
        }
    }
}

fn connect_advice(path: &str, source: &io::Error) -> String {
    let advice = match source.kind() {
        io::ErrorKind::NotFound => {
            "Is the internal API of this environment enabled, and its socket at this path? Set socketPath or CYCLE_API_SOCKET if it is elsewhere"
        }
        io::ErrorKind::ConnectionRefused => socket_path::diagnose(Path::new(path))
            .unwrap_or("The socket file exists, but no server listens on it"),
        io::ErrorKind::PermissionDenied => {
            "This user needs write permission on the socket and search permission on its directories"
        }
        io::ErrorKind::InvalidFilename => "The path of a Unix socket must be shorter than 108 bytes",
        _ => return String::new(),
    };
    format!(". {advice}")
}

/// The end of the message about a refused handshake: why it was refused.
#[must_use]
pub(super) fn refusal_advice(status: u16, has_token: bool) -> &'static str {
    match (status, has_token) {
        (401, false) => ": CYCLE_API_TOKEN is not set and no token option was given",
        (401, true) => ": the token was not accepted",
        (403, _) => ": the token lacks permission for notifications",
        (404, _) => ": this server has no /v1/notifications",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(number: i32) -> Error {
        Error::Connect { path: "/run/a.sock".into(), source: io::Error::from_raw_os_error(number) }
    }

    #[test]
    fn system_failures_have_the_name_of_the_system_error() {
        let error = connect(libc::ENOENT);
        assert_eq!(error.code(), "ENOENT");
        assert_eq!(
            error.system().map(|(syscall, source)| (syscall, source.raw_os_error())),
            Some(("connect", Some(libc::ENOENT)))
        );
        let lost = Error::Lost { path: "p".into(), source: io::ErrorKind::UnexpectedEof.into() };
        assert_eq!((lost.code(), lost.system().map(|(syscall, _)| syscall)), ("ECONNRESET", Some("read")));
        assert!(Error::Binary.system().is_none());
    }

    #[test]
    fn messages_name_the_socket_and_say_what_to_do() {
        let message = connect(libc::ENOENT).to_string();
        assert!(message.contains("/run/a.sock") && message.contains("CYCLE_API_SOCKET"), "{message}");
        let message = connect(libc::ECONNREFUSED).to_string();
        assert!(message.contains("no server listens"), "{message}");
        let message = connect(libc::EACCES).to_string();
        assert!(message.contains("permission"), "{message}");
    }

    #[test]
    fn a_refusal_without_token_names_the_variable() {
        assert!(refusal_advice(401, false).contains("CYCLE_API_TOKEN is not set"));
        assert!(!refusal_advice(401, true).contains("CYCLE_API_TOKEN"));
        assert_eq!(refusal_advice(500, false), "");
    }
}
