//! Advice for users about errors.

use super::endpoint::Endpoint;
use super::error::Error;
use crate::socket_path;

impl Error {
    /// What to do about this error, as a sentence without its full stop. `None` if there is no advice.
    #[must_use]
    pub fn hint(&self, endpoint: &Endpoint) -> Option<&'static str> {
        let local = matches!(endpoint, Endpoint::Unix(_));
        Some(match (self, self.code()) {
            (Self::Connect(_), "ENOENT" | "ENOTDIR") => {
                "The socket does not exist: outside a Cycle instance, start the simulator and set CYCLE_API_SOCKET or `socketPath`"
            }
            (Self::Connect(_), "ECONNREFUSED") if local => no_socket(endpoint).unwrap_or(
                "The socket file exists, but no server listens on it: restart the simulator, or the instance if this is one",
            ),
            (Self::Connect(_), "EINVAL") => return no_socket(endpoint),
            (Self::Connect(_), "ECONNREFUSED") => "No server listens there: check host and port",
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
            (Self::Lost { in_body: true, .. }, _) => "The server closed the connection: repeat the call if that is safe",
            (Self::Lost { .. }, _) => {
                "The server closed the connection: repeat the call if that is safe, or set `retry`, which repeats idempotent calls"
            }
            (Self::BadResponse(_), _) => "Check that the socket belongs to the platform's API",
            (Self::HeadTooLarge { .. }, _) => "Let the server send fewer or shorter header fields",
            (Self::TooLarge { .. }, _) => "Raise `maxResponseBytes`, or ask for less",
            (Self::TooLargeForJavaScript { form: "string", .. }, _) => {
                "Read it with parseAs: \"stream\" or parseAs: \"arrayBuffer\""
            }
            (Self::TooLargeForJavaScript { .. }, _) => "Read it with parseAs: \"stream\"",
            (Self::Timeout { .. }, _) => "Raise `timeoutMs`, or check what the server is busy with",
            (Self::HeadersTimeout { .. }, _) => {
                "The server is silent: check what it is busy with, or raise `headersTimeoutMs` (0 for no limit)"
            }
            (Self::BodyTimeout { .. }, _) => {
                "The server stopped in the middle of its answer: check what it is busy with, or raise `bodyTimeoutMs` (0 for no limit)"
            }
            (Self::Closed, _) => "Make a new client with getClient()",
            (Self::Internal(_), _) => "This is a bug in the client: please report it",
            _ => return None,
        })
    }
}

/// Why the path of a Unix socket is not that of a socket.
fn no_socket(endpoint: &Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::Unix(path) => socket_path::diagnose(path),
        Endpoint::Tcp { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_refused_connection_says_what_to_do() {
        let error = Error::Connect(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        let local = Endpoint::Unix("/tmp/api.sock".into());
        assert!(error.hint(&local).unwrap().contains("no server listens"));
        let remote = Endpoint::Tcp { host: "localhost".into(), port: 1 };
        assert!(error.hint(&remote).unwrap().contains("port"));
    }

    #[test]
    fn what_is_no_socket_is_called_by_its_name() {
        let folder = std::env::temp_dir();
        let file = std::env::current_exe().unwrap();
        for (path, words) in
            [(folder, "a folder"), (file, "a plain file"), ("".into(), "empty"), ("a\0b".into(), "zero")]
        {
            for code in [libc::ECONNREFUSED, libc::EINVAL] {
                let error = Error::Connect(io::Error::from_raw_os_error(code));
                let hint = error.hint(&Endpoint::Unix(path.clone())).unwrap();
                assert!(hint.contains(words), "{hint}");
            }
        }
    }

    #[test]
    fn a_body_that_no_string_can_hold_is_to_be_read_otherwise() {
        let error = Error::TooLargeForJavaScript { length: 1 << 30, form: "string" };
        let endpoint = Endpoint::Unix("/tmp/api.sock".into());
        assert_eq!(error.detail(), "the response body has 1073741824 bytes, more than one string can hold");
        assert!(error.hint(&endpoint).unwrap().contains("arrayBuffer"));
        let error = Error::TooLargeForJavaScript { length: 1 << 40, form: "buffer" };
        assert!(!error.hint(&endpoint).unwrap().contains("arrayBuffer"));
    }
}
