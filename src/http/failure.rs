//! What can go wrong in a call, with a stable code, the cause and what to do about it.

use std::{error, fmt, io};

use thiserror::Error;

use super::endpoint::Endpoint;
use crate::system_error;

/// Why a call has no (complete) answer.
#[derive(Debug, Error)]
pub enum Failure {
    /// The socket could not be connected.
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    /// The path does not fit into a socket address.
    #[error("the socket path has {length} bytes, more than a socket address can hold")]
    PathTooLong {
        /// Bytes in the path.
        length: usize,
    },
    /// The connection broke while the request was being sent or the answer was awaited.
    #[error("the connection was lost {}", if *.in_body { "in the middle of the response body" } else { "before the response was complete" })]
    Lost {
        /// Whether the response head had arrived.
        in_body: bool,
        /// The system error, or a description of the hang-up.
        #[source]
        source: io::Error,
    },
    /// What came back is not HTTP/1.1, or contradicts itself.
    #[error("the answer is not valid HTTP: {0}")]
    BadResponse(#[source] Cause),
    /// The head of an answer has more or longer fields than are accepted.
    #[error("the head of the answer is too large: it may have 400 KiB and {limit} header fields")]
    HeadTooLarge {
        /// Header fields accepted.
        limit: usize,
    },
    /// The body has more codings than are undone.
    #[error("the response body has more than {limit} content codings")]
    TooManyCodings {
        /// Codings accepted.
        limit: usize,
    },
    /// The body does not decode as its `Content-Encoding` says.
    #[error("the response body does not decode as {coding}")]
    BadEncoding {
        /// The coding that failed.
        coding: &'static str,
        /// What the decoder said.
        #[source]
        source: io::Error,
    },
    /// The body is larger than was allowed.
    #[error("the response body is larger than {limit} bytes")]
    TooLarge {
        /// Bytes allowed, after decoding.
        limit: u64,
    },
    /// The engine makes no string or buffer of that size.
    #[error("the response body has {length} bytes, more than one {form} can hold")]
    Unholdable {
        /// Bytes of the body.
        length: u64,
        /// What it was to become.
        form: &'static str,
    },
    /// The whole call took longer than `timeoutMs`.
    #[error("no complete answer within {milliseconds} ms")]
    Timeout {
        /// The limit in milliseconds.
        milliseconds: u64,
    },
    /// No head of an answer came within `headersTimeoutMs`.
    #[error("no head of an answer within {milliseconds} ms")]
    HeadersTimeout {
        /// The limit in milliseconds.
        milliseconds: u64,
    },
    /// No further byte of a body came within `bodyTimeoutMs`.
    #[error("no further byte of the response body within {milliseconds} ms")]
    BodyTimeout {
        /// The limit in milliseconds.
        milliseconds: u64,
    },
    /// A redirect was answered and the call does not allow it.
    #[error("the answer is a redirect, and the call says redirect: \"error\"")]
    RedirectRefused,
    /// More redirects than a call may follow.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// Redirects a call follows at most.
        limit: u32,
    },
    /// A redirect to somewhere that cannot be reached through this socket, or with a body that cannot be sent again.
    #[error("the redirect cannot be followed: {0}")]
    BadRedirect(&'static str),
    /// A method, target or header that HTTP does not allow.
    #[error("invalid {part}: {detail}")]
    InvalidRequest {
        /// `method`, `path`, or the header's name.
        part: String,
        /// What is wrong with it; never the value.
        detail: &'static str,
    },
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
    /// A bug in this package.
    #[error("internal error: {0}")]
    Internal(String),
}

/// The error of a library as a cause.
pub type Cause = Box<dyn error::Error + Send + Sync>;

impl Failure {
    /// The stable code: a system error's name or one that starts with `ERR_CYCLE_`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Connect(source) => system_error::code(source),
            Self::PathTooLong { .. } => "ENAMETOOLONG",
            Self::Lost { source, .. } => match system_error::code(source) {
                "UNKNOWN" | "EPIPE" => "ECONNRESET",
                code => code,
            },
            Self::BadResponse(_) | Self::HeadTooLarge { .. } => "ERR_CYCLE_BAD_RESPONSE",
            Self::BadEncoding { .. } | Self::TooManyCodings { .. } => "ERR_CYCLE_BAD_ENCODING",
            Self::TooLarge { .. } | Self::Unholdable { .. } => "ERR_CYCLE_RESPONSE_TOO_LARGE",
            Self::Timeout { .. } => "ERR_CYCLE_TIMEOUT",
            Self::HeadersTimeout { .. } => "ERR_CYCLE_HEADERS_TIMEOUT",
            Self::BodyTimeout { .. } => "ERR_CYCLE_BODY_TIMEOUT",
            Self::RedirectRefused | Self::TooManyRedirects { .. } | Self::BadRedirect(_) => {
                "ERR_CYCLE_REDIRECT"
            }
            Self::InvalidRequest { part, .. } => match part.as_str() {
                "method" | "path" => "ERR_CYCLE_INVALID_REQUEST",
                _ => "ERR_CYCLE_INVALID_HEADER",
            },
            Self::Closed => "ERR_CYCLE_CLOSED",
            Self::Internal(_) => "ERR_CYCLE_INTERNAL",
        }
    }

    /// The system call that failed, where one did.
    #[must_use]
    pub fn syscall(&self) -> Option<&'static str> {
        match self {
            Self::Connect(_) | Self::PathTooLong { .. } => Some("connect"),
            Self::Lost { source, .. } if system_error::code(source) == "EPIPE" => Some("write"),
            Self::Lost { .. } => Some("read"),
            _ => None,
        }
    }

    /// The positive system error number, where there is one.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Connect(source) => source.raw_os_error(),
            Self::PathTooLong { .. } => Some(libc::ENAMETOOLONG),
            Self::Lost { source, .. } => Some(source.raw_os_error().unwrap_or(libc::ECONNRESET)),
            _ => None,
        }
    }

    /// The text of the innermost error, for the `cause`.
    #[must_use]
    pub fn cause(&self) -> String {
        let mut innermost: &dyn error::Error = self;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        innermost.to_string()
    }

    /// What happened, in one sentence without its full stop.
    #[must_use]
    pub fn detail(&self) -> String {
        match self.syscall() {
            Some(_) => format!("{self} ({})", self.code()),
            None => self.to_string(),
        }
    }

    /// What to do about it, as a sentence without its full stop.
    #[must_use]
    pub fn hint(&self, endpoint: &Endpoint) -> Option<&'static str> {
        let local = matches!(endpoint, Endpoint::Unix(_));
        Some(match (self, self.code()) {
            (Self::Connect(_), "ENOENT" | "ENOTDIR") => {
                "The socket does not exist: outside a Cycle instance, start the simulator and set CYCLE_API_SOCKET or `socketPath`"
            }
            (Self::Connect(_), "ECONNREFUSED") if local => endpoint.no_socket().unwrap_or(
                "The socket file is there but nobody listens: restart the simulator, or the instance if this is one",
            ),
            (Self::Connect(_), "EINVAL") => return endpoint.no_socket(),
            (Self::Connect(_), "ECONNREFUSED") => "Nobody listens there: check host and port",
            (Self::Connect(_), "EACCES" | "EPERM") => {
                "This user may not write to the socket: run as the user that owns it, or change its mode"
            }
            (Self::Connect(_), "ENOTSOCK" | "EPROTOTYPE" | "EISDIR") => {
                "The path is not a stream socket: check `socketPath`"
            }
            (Self::Connect(_), "EMFILE" | "ENFILE") => {
                "The process has no file descriptor left: raise its limit, or lower `maxConnections`"
            }
            (Self::PathTooLong { .. }, _) => "Use a shorter path, or a symbolic link to the socket",
            (Self::Lost { in_body: true, .. }, _) => "The server hung up: repeat the call if that is safe",
            (Self::Lost { .. }, _) => {
                "The server hung up: repeat the call if that is safe, or set `retry`, which repeats idempotent calls"
            }
            (Self::BadResponse(_), _) => "Check that the socket belongs to the platform's API",
            (Self::HeadTooLarge { .. }, _) => "Let the server send fewer or shorter header fields",
            (Self::TooLarge { .. }, _) => "Raise `maxResponseBytes`, or ask for less",
            (Self::Unholdable { form: "string", .. }, _) => {
                "Read it with parseAs: \"stream\" or parseAs: \"arrayBuffer\""
            }
            (Self::Unholdable { .. }, _) => "Read it with parseAs: \"stream\"",
            (Self::Timeout { .. }, _) => "Raise `timeoutMs`, or look at what the server is busy with",
            (Self::HeadersTimeout { .. }, _) => {
                "The server is silent: see what it is busy with, or raise `headersTimeoutMs` (0 for no limit)"
            }
            (Self::BodyTimeout { .. }, _) => {
                "The server stopped in the middle of its answer: see what it is busy with, or raise `bodyTimeoutMs` (0 for no limit)"
            }
            (Self::Closed, _) => "Make a new client with getClient()",
            (Self::Internal(_), _) => "This is a bug in the client: please report it",
            _ => return None,
        })
    }
}

/// Text as a cause.
#[derive(Debug)]
pub struct Reason(pub &'static str);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl error::Error for Reason {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_connection_says_what_happened_and_what_to_do() {
        let failure = Failure::Connect(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        assert_eq!(failure.detail(), "cannot connect (ECONNREFUSED)");
        let local = Endpoint::Unix("/tmp/api.sock".into());
        assert!(failure.hint(&local).unwrap().contains("nobody listens"));
        let remote = Endpoint::Tcp { host: "localhost".into(), port: 1 };
        assert!(failure.hint(&remote).unwrap().contains("port"));
        assert_eq!(failure.syscall(), Some("connect"));
        assert_eq!(failure.errno(), Some(libc::ECONNREFUSED));
    }

    #[test]
    fn what_is_no_socket_is_called_by_its_name() {
        let folder = std::env::temp_dir();
        let file = std::env::current_exe().unwrap();
        for (path, words) in
            [(folder, "a folder"), (file, "a plain file"), ("".into(), "empty"), ("a\0b".into(), "zero")]
        {
            for code in [libc::ECONNREFUSED, libc::EINVAL] {
                let failure = Failure::Connect(io::Error::from_raw_os_error(code));
                let hint = failure.hint(&Endpoint::Unix(path.clone())).unwrap();
                assert!(hint.contains(words), "{hint}");
            }
        }
    }

    #[test]
    fn a_body_that_no_string_can_hold_is_to_be_read_otherwise() {
        let failure = Failure::Unholdable { length: 1 << 30, form: "string" };
        let endpoint = Endpoint::Unix("/tmp/api.sock".into());
        assert_eq!(failure.detail(), "the response body has 1073741824 bytes, more than one string can hold");
        assert!(failure.hint(&endpoint).unwrap().contains("arrayBuffer"));
        let failure = Failure::Unholdable { length: 1 << 40, form: "buffer" };
        assert!(!failure.hint(&endpoint).unwrap().contains("arrayBuffer"));
    }

    #[test]
    fn a_hang_up_is_a_reset() {
        let failure = Failure::Lost { in_body: false, source: io::ErrorKind::UnexpectedEof.into() };
        assert_eq!((failure.code(), failure.syscall()), ("ECONNRESET", Some("read")));
        let failure = Failure::Lost { in_body: false, source: io::Error::from_raw_os_error(libc::EPIPE) };
        assert_eq!((failure.code(), failure.syscall()), ("ECONNRESET", Some("write")));
    }

    #[test]
    fn the_cause_is_the_innermost_error() {
        let failure = Failure::BadResponse(Box::new(Reason("two lengths")));
        assert_eq!(failure.cause(), "two lengths");
        assert_eq!(Failure::Closed.cause(), "the client is closed");
    }
}
