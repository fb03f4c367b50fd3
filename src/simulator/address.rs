//! Where the simulator listens.

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
