//! Where the simulator listens.

use std::io;
use std::path::PathBuf;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket in a new folder of its own, both of which are gone after the end.
    Temporary,
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// A TCP port; 0 for any that is free.
    Tcp {
        /// Name or address of the interface.
        host: String,
        /// The port.
        port: u16,
    },
}

/// Why the simulator can't listen.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Somebody answers at the socket.
    #[error("another server is listening on {}; stop it, or give another socketPath", .0.display())]
    InUse(PathBuf),
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
    TooLong(PathBuf),
    /// The system says no.
    #[error("can't listen on {at}: {cause}")]
    System {
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
}

/// Bytes of the longest socket path.
#[cfg(target_os = "macos")]
pub(super) const LONGEST: usize = 103;
/// Bytes of the longest socket path.
#[cfg(not(target_os = "macos"))]
pub(super) const LONGEST: usize = 107;

impl AddressError {
    /// The symbolic code, such as `EADDRINUSE`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse(_) => "EADDRINUSE",
            Self::NotASocket { .. } => "ENOTSOCK",
            Self::MetadataExists { .. } => "EEXIST",
            Self::TooLong(_) => "ENAMETOOLONG",
            Self::System { cause, .. } | Self::Metadata { cause, .. } => crate::system_error::code(cause),
        }
    }
}
