//! Errors of calls, with a stable code and a cause. `hint.rs` says what to do about them.

use std::io;

use crate::system_error;

/// Why a call has no complete answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The socket could not be connected.
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    /// The path of the socket does not fit into a socket address.
    #[error("the socket path has {length} bytes, more than a socket address can hold")]
    PathTooLong {
        /// Bytes in the path.
        length: usize,
    },
    /// The connection was lost before the answer was complete.
    #[error("the connection was lost {}", if *.in_body { "in the middle of the response body" } else { "before the response was complete" })]
    Lost {
        /// Whether the response head had arrived.
        in_body: bool,
        /// The system error, or an error that says that the server closed the connection.
        #[source]
        source: io::Error,
    },
    /// The answer is not valid HTTP/1.1.
    #[error("the answer is not valid HTTP: {0}")]
    BadResponse(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The head of the answer has too many or too long header fields.
    #[error("the head of the answer is too large: it may have 400 KiB and {limit} header fields")]
    HeadTooLarge {
        /// The most header fields accepted.
        limit: usize,
    },
    /// The body has too many content codings.
    #[error("the response body has more than {limit} content codings")]
    TooManyCodings {
        /// The most codings accepted.
        limit: usize,
    },
    /// The body cannot be decoded as its `Content-Encoding` says.
    #[error("the response body does not decode as {coding}")]
    BadEncoding {
        /// The coding that failed.
        coding: &'static str,
        /// The decoder's error.
        #[source]
        source: io::Error,
    },
    /// The body is larger than `maxResponseBytes`.
    #[error("the response body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes, after decoding.
        limit: u64,
    },
    /// JavaScript has no string or buffer of that size.
    #[error("the response body has {length} bytes, more than one {form} can hold")]
    TooLargeForJavaScript {
        /// Length of the body in bytes.
        length: u64,
        /// What it should have become: `string` or `buffer`.
        form: &'static str,
    },
    /// The whole call took longer than `timeoutMs`.
    #[error("no complete answer within {milliseconds} ms")]
    Timeout {
        /// The limit in milliseconds.
        milliseconds: u64,
    },
    /// No response head came within `headersTimeoutMs`.
    #[error("no head of an answer within {milliseconds} ms")]
    HeadersTimeout {
        /// The limit in milliseconds.
        milliseconds: u64,
    },
    /// No further byte of the response body came within `bodyTimeoutMs`.
    #[error("no further byte of the response body within {milliseconds} ms")]
    BodyTimeout {
        /// The limit in milliseconds.
        milliseconds: u64,
    },
    /// The answer is a redirect, and the call has `redirect: "error"`.
    #[error("the answer is a redirect, and the call says redirect: \"error\"")]
    RedirectRefused,
    /// The call was redirected too often.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// The most redirects that a call follows.
        limit: u32,
    },
    /// The target of a redirect is invalid or cannot be reached through this socket, or the body cannot be sent again.
    #[error("the redirect cannot be followed: {0}")]
    BadRedirect(&'static str),
    /// The method, path or a header is not allowed by HTTP or by this client.
    #[error("invalid {part}: {detail}")]
    InvalidRequest {
        /// What is invalid: `method`, `path`, or a header with its name.
        part: String,
        /// What is wrong with it, without its value.
        detail: &'static str,
    },
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
    /// A bug in this package.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
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
            Self::TooLarge { .. } | Self::TooLargeForJavaScript { .. } => "ERR_CYCLE_RESPONSE_TOO_LARGE",
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

    /// The system's error number, positive; for a connection that the server closed that of `ECONNRESET`.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Connect(source) => source.raw_os_error(),
            Self::PathTooLong { .. } => Some(libc::ENAMETOOLONG),
            Self::Lost { source, .. } => Some(source.raw_os_error().unwrap_or(libc::ECONNRESET)),
            _ => None,
        }
    }

    /// The message of the innermost error, for the `cause`.
    #[must_use]
    pub fn cause(&self) -> String {
        let mut innermost: &dyn std::error::Error = self;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        innermost.to_string()
    }

    /// What happened, as a sentence without its full stop.
    #[must_use]
    pub fn detail(&self) -> String {
        match self.syscall() {
            Some(_) => format!("{self} ({})", self.code()),
            None => self.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_connection_names_the_system_call() {
        let error = Error::Connect(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        assert_eq!(error.detail(), "cannot connect (ECONNREFUSED)");
        assert_eq!(error.syscall(), Some("connect"));
        assert_eq!(error.errno(), Some(libc::ECONNREFUSED));
    }

    #[test]
    fn a_hang_up_is_a_reset() {
        let error = Error::Lost { in_body: false, source: io::ErrorKind::UnexpectedEof.into() };
        assert_eq!((error.code(), error.syscall()), ("ECONNRESET", Some("read")));
        let error = Error::Lost { in_body: false, source: io::Error::from_raw_os_error(libc::EPIPE) };
        assert_eq!((error.code(), error.syscall()), ("ECONNRESET", Some("write")));
    }

    #[test]
    fn the_cause_is_the_innermost_error() {
        let error = Error::BadResponse("two lengths".into());
        assert_eq!(error.cause(), "two lengths");
        assert_eq!(Error::Closed.cause(), "the client is closed");
    }
}
