//! The address of a server.

use std::fmt;
use std::path::PathBuf;

use super::error::Error;
use crate::socket_path::LONGEST;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket.
    Unix(PathBuf),
    /// A TCP port.
    Tcp {
        /// Name or address of the host.
        host: String,
        /// Port number.
        port: u16,
    },
}

impl Endpoint {
    /// Checks that a socket can have this address.
    ///
    /// # Errors
    /// [`Error::PathTooLong`], or [`Error::Connect`] for a path with a zero byte.
    pub fn check(&self) -> Result<(), Error> {
        use std::os::unix::ffi::OsStrExt as _;
        let Self::Unix(path) = self else { return Ok(()) };
        let bytes = path.as_os_str().as_bytes();
        if bytes.contains(&0) {
            return Err(Error::Connect(std::io::Error::from_raw_os_error(libc::EINVAL)));
        }
        if bytes.len() > LONGEST {
            return Err(Error::PathTooLong { length: bytes.len() });
        }
        Ok(())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_be_as_long_as_the_address_and_no_longer() {
        assert!(Endpoint::Unix("x".repeat(LONGEST).into()).check().is_ok());
        let error = Endpoint::Unix("x".repeat(LONGEST + 1).into()).check().unwrap_err();
        assert_eq!(error.code(), "ENAMETOOLONG");
        assert!(Endpoint::Unix("a\0b".into()).check().is_err());
    }

    #[test]
    fn prints_as_an_address() {
        assert_eq!(Endpoint::Tcp { host: "::1".into(), port: 80 }.to_string(), "[::1]:80");
        assert_eq!(Endpoint::Tcp { host: "localhost".into(), port: 80 }.to_string(), "localhost:80");
        assert_eq!(Endpoint::Unix("/a/b".into()).to_string(), "/a/b");
    }
}
