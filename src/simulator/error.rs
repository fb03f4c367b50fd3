//! The errors of starting and controlling a simulator. The errors with which it answers requests are in `api_error.rs`.

use std::io;
use std::path::PathBuf;

use crate::socket_path::LONGEST;
use crate::system_error;

/// Why a simulator cannot be started, or cannot do what a test asks for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text of the declaration is not valid JSON of its form.
    #[error("the {part} can't be read: {cause}")]
    Declaration {
        /// Which text.
        part: &'static str,
        /// What is wrong with it, and where.
        cause: serde_json::Error,
    },
    /// There is a behaviour for an operation that is not declared.
    #[error("the simulation names the operation {0:?}, which is not declared")]
    UnknownOperation(String),
    /// An error case that the simulator or a behaviour uses is not declared.
    #[error("the simulation declares no error case {0:?}")]
    UnknownCase(String),
    /// A security scheme is not declared in the document, or of a kind that is not supported.
    #[error("the security scheme {0:?} is not declared, or neither a header nor HTTP basic")]
    UnknownScheme(String),
    /// The path of an operation is not a valid template.
    #[error("the path of the operation {operation:?} can't be served: {fault}")]
    OperationPath {
        /// The operation.
        operation: String,
        /// What is wrong with its path.
        fault: String,
    },
    /// A value of the world is not of the form that a behaviour needs.
    #[error("the world can't be served: {0}")]
    World(String),
    /// Another server listens on the socket.
    #[error("another server is listening on {}; stop it, or give another socketPath", .0.display())]
    AddressInUse(PathBuf),
    /// There is a file at the socket's path that is not a socket. Only an unused socket is replaced.
    #[error("{} is {what}, not a socket, and stays as it is; give another socketPath", path.display())]
    NotASocket {
        /// Its path.
        path: PathBuf,
        /// What it is, with its article: "a directory".
        what: &'static str,
    },
    /// The path is longer than the system allows for Unix sockets.
    #[error("the socket path {} is too long: {} bytes, where {LONGEST} are possible", .0.display(), .0.as_os_str().len())]
    PathTooLong(PathBuf),
    /// The system does not allow listening there.
    #[error("can't listen on {at}: {cause}")]
    Listen {
        /// The address.
        at: String,
        /// The system's error.
        cause: io::Error,
    },
    /// There is a file at the path of the metadata file; it is not overwritten.
    #[error("{}{} exists already; remove it, or give another metadataPath", path.display(), if *link { ", a symbolic link," } else { "" })]
    MetadataExists {
        /// Its path.
        path: PathBuf,
        /// Whether it is a symbolic link.
        link: bool,
    },
    /// The metadata file cannot be written.
    #[error("can't write the metadata file {}: {cause}", path.display())]
    Metadata {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The system has no thread or no event queue for it.
    #[error("can't start the simulator's thread: {0}")]
    Thread(#[source] io::Error),
    /// A scope that the API does not have, and the names of those that it has.
    #[error("there is no scope {0:?}; the scopes are {1}")]
    UnknownScopeName(String, String),
    /// The token is empty.
    #[error("the token must not be empty")]
    NoToken,
    /// The answer that a test sets is not of the expected form.
    #[error("the answer can't be read: {0}")]
    Answer(#[source] serde_json::Error),
    /// A status outside 200 to 599.
    #[error("the status must be a whole number from 200 to 599, not {0}")]
    AnswerStatus(u16),
    /// A header with a name or value that HTTP does not allow.
    #[error("HTTP does not allow the header {0:?} or its value")]
    AnswerHeader(String),
    /// More than one of `body`, `text` and `bytes`.
    #[error("an answer has one of body, text and bytes, not several")]
    AnswerBodies,
    /// A matcher that no request can match.
    #[error(
        "{0:?} names no operation that is served; a match is an operationId, a path, or a method and a path such as \"GET /v1/thing\""
    )]
    UnknownMatch(String),
    /// A code that a close frame must not contain.
    #[error(
        "a server can't close with code {0}: it may be 1000 to 1003, 1007 to 1014 or 3000 to 4999; sendRaw sends any frame"
    )]
    CloseCode(u16),
    /// The reason does not fit in a close frame.
    #[error("the reason of a close has at most 123 bytes, not {0}")]
    CloseReason(usize),
}

impl Error {
    /// The error code, such as `EADDRINUSE`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Declaration { .. }
            | Self::UnknownOperation(_)
            | Self::UnknownCase(_)
            | Self::UnknownScheme(_)
            | Self::OperationPath { .. }
            | Self::World(_) => "ERR_CYCLE_DECLARATION",
            Self::AddressInUse(_) => "EADDRINUSE",
            Self::NotASocket { .. } => "ENOTSOCK",
            Self::PathTooLong(_) => "ENAMETOOLONG",
            Self::MetadataExists { .. } => "EEXIST",
            Self::Listen { cause, .. } | Self::Metadata { cause, .. } | Self::Thread(cause) => {
                system_error::code(cause)
            }
            Self::NoToken
            | Self::UnknownScopeName(..)
            | Self::Answer(_)
            | Self::AnswerStatus(_)
            | Self::AnswerHeader(_)
            | Self::AnswerBodies
            | Self::UnknownMatch(_)
            | Self::CloseCode(_)
            | Self::CloseReason(_) => "ERR_INVALID_ARG_VALUE",
        }
    }
}
