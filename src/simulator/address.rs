//! Where the simulator listens.

use std::path::PathBuf;

/// Where a simulator listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket in a new temporary folder. Both are removed when the simulator ends.
    Temporary,
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// A TCP port.
    Tcp {
        /// Name or address of the interface.
        host: String,
        /// Port; 0 for any free one.
        port: u16,
    },
}
