//! What can go wrong with a simulator: starting it, and what a test asks of it. Errors that it answers requests with, as
//! the platform would, are in `api_error.rs`.

use std::io;
use std::path::PathBuf;

use crate::socket_path::LONGEST;
use crate::system_error;

/// Why a simulator can't be started, or can't do what a test asks.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text of the declaration is not the JSON it should be.
    #[error("the {part} can't be read: {cause}")]
    Declaration {
        /// Which of the texts.
        part: &'static str,
        /// What is wrong with it, and where.
        cause: serde_json::Error,
    },
    /// The behaviour of an operation that is not declared.
    #[error("the simulation names the operation {0:?}, which is not declared")]
    UnknownOperation(String),
    /// An error case that the simulator or a behaviour answers with, without a declaration.
    #[error("the simulation declares no error case {0:?}")]
    UnknownCase(String),
    /// A way to authenticate that the document does not declare, or of a kind that is not supported.
    #[error("the security scheme {0:?} is not declared, or neither a header nor HTTP basic")]
    UnknownScheme(String),
    /// A path that is none.
    #[error("the path of the operation {operation:?} can't be served: {fault}")]
    OperationPath {
        /// The operation.
        operation: String,
        /// What is wrong with its path.
        fault: String,
    },
    /// Somebody answers at the socket.
    #[error("another server is listening on {}; stop it, or give another socketPath", .0.display())]
    AddressInUse(PathBuf),
    /// What is at the path can be no socket that was left behind.
    #[error("{} is {what}, not a socket, and stays as it is; give another socketPath", path.display())]
    NotASocket {
        /// Its path.
        path: PathBuf,
        /// What it is, with its article.
        what: &'static str,
    },
    /// Longer than the address of a Unix socket can be.
    #[error("the socket path {} is too long: {} bytes, where {LONGEST} are possible", .0.display(), .0.as_os_str().len())]
    PathTooLong(PathBuf),
    /// The system does not let it listen.
    #[error("can't listen on {at}: {cause}")]
    Listen {
        /// The address.
        at: String,
        /// The system's reason.
        cause: io::Error,
    },
    /// Something is at the path of the metadata file, which is nobody's to overwrite.
    #[error("{}{} exists already; remove it, or give another metadataPath", path.display(), if *link { ", a symbolic link," } else { "" })]
    MetadataExists {
        /// Its path.
        path: PathBuf,
        /// Whether it is a symbolic link.
        link: bool,
    },
    /// The metadata file can't be written.
    #[error("can't write the metadata file {}: {cause}", path.display())]
    Metadata {
        /// Its path.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// There is no thread or no event queue to be had.
    #[error("can't start the simulator's thread: {0}")]
    Thread(#[source] io::Error),
    /// There is no token to accept.
    #[error("the token must not be empty")]
    NoToken,
    /// What a test wants answered is not an answer at all.
    #[error("the answer can't be read: {0}")]
    Answer(#[source] serde_json::Error),
    /// A status outside 200 to 599.
    #[error("the status must be a whole number from 200 to 599, not {0}")]
    AnswerStatus(u16),
    /// A header whose name or value HTTP doesn't allow.
    #[error("HTTP does not allow the header {0:?} or its value")]
    AnswerHeader(String),
    /// More than one of `body`, `text` and `bytes`.
    #[error("an answer has one of body, text and bytes, not several")]
    AnswerBodies,
    /// Neither a method and a path, nor a path, nor a declared operation.
    #[error(
        "{0:?} names no operation that is served; a match is an operationId, a path, or a method and a path such as \"GET /v1/thing\""
    )]
    UnknownMatch(String),
    /// A code that no close frame may have.
    #[error(
        "a server can't close with code {0}: it may be 1000 to 1003, 1007 to 1014 or 3000 to 4999; sendRaw sends any frame"
    )]
    CloseCode(u16),
    /// More than fits in a close frame.
    #[error("the reason of a close has at most 123 bytes, not {0}")]
    CloseReason(usize),
}

impl Error {
    /// A symbolic code, such as `EADDRINUSE`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Declaration { .. }
            | Self::UnknownOperation(_)
            | Self::UnknownCase(_)
            | Self::UnknownScheme(_)
            | Self::OperationPath { .. } => "ERR_CYCLE_DECLARATION",
            Self::AddressInUse(_) => "EADDRINUSE",
            Self::NotASocket { .. } => "ENOTSOCK",
            Self::PathTooLong(_) => "ENAMETOOLONG",
            Self::MetadataExists { .. } => "EEXIST",
            Self::Listen { cause, .. } | Self::Metadata { cause, .. } | Self::Thread(cause) => {
                system_error::code(cause)
            }
            Self::NoToken
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
