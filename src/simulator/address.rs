//! Where the simulator listens, and the files that go with it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, UnixListener, UnixStream};

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
    #[error("{} exists and is not a socket; give another socketPath", .0.display())]
    NotASocket(PathBuf),
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
const LONGEST: usize = 103;
/// Bytes of the longest socket path.
#[cfg(not(target_os = "macos"))]
const LONGEST: usize = 107;

/// Name of the socket in a folder of its own.
const SOCKET: &str = "api.sock";
/// Name of the metadata file in a folder of its own.
const METADATA: &str = "environment.json";

/// What listens.
#[derive(Debug)]
pub(crate) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// The files of a simulator. They are removed when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) socket: Option<PathBuf>,
    /// Device and inode of the socket, so that nobody else's is removed.
    identity: Option<(u64, u64)>,
    pub(crate) metadata: Option<PathBuf>,
    folder: Option<PathBuf>,
    /// Host and port, when it is TCP.
    pub(crate) tcp: Option<(String, u16)>,
}

impl AddressError {
    /// The symbolic code, such as `EADDRINUSE`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse(_) => "EADDRINUSE",
            Self::NotASocket(_) => "ENOTSOCK",
            Self::TooLong(_) => "ENAMETOOLONG",
            Self::System { cause, .. } | Self::Metadata { cause, .. } => crate::system_error::code(cause),
        }
    }
}

/// Begins to listen. Must be called within a tokio runtime.
pub(crate) async fn listen(address: &Address) -> Result<(Listener, Place), AddressError> {
    match address {
        Address::Temporary => {
            let folder = temporary_folder()?;
            let mut place = Place::default();
            place.folder = Some(folder.clone());
            listen_unix(&folder.join(SOCKET), place).await
        }
        Address::Unix(path) => listen_unix(path, Place::default()).await,
        Address::Tcp { host, port } => {
            let failed = |cause| AddressError::System { at: format!("{host}:{port}"), cause };
            let listener = TcpListener::bind((host.as_str(), *port)).await.map_err(failed)?;
            let bound = listener.local_addr().map_err(failed)?;
            let mut place = Place::default();
            place.tcp = Some((host.clone(), bound.port()));
            Ok((Listener::Tcp(listener), place))
        }
    }
}

async fn listen_unix(path: &Path, mut place: Place) -> Result<(Listener, Place), AddressError> {
    if path.as_os_str().len() > LONGEST {
        return Err(AddressError::TooLong(path.to_owned()));
    }
    let failed = |cause| AddressError::System { at: path.display().to_string(), cause };
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        Err(cause) => return Err(failed(cause)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(AddressError::NotASocket(path.to_owned()));
        }
        Ok(_) => match UnixStream::connect(path).await {
            Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path).map_err(failed)?;
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => return Err(failed(cause)),
            // Connected, or the queue of those who wait to be is full.
            Ok(_) | Err(_) => return Err(AddressError::InUse(path.to_owned())),
        },
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    place.socket = Some(path.to_owned());
    place.identity = identity(path);
    Ok((Listener::Unix(listener), place))
}

impl Place {
    /// Writes the metadata file: at this path, or beside the socket.
    pub(crate) fn write_metadata(&mut self, path: Option<&Path>, text: &str) -> Result<(), AddressError> {
        let path = match (path, &self.folder, &self.socket) {
            (Some(path), ..) => path.to_owned(),
            (None, Some(folder), _) => folder.join(METADATA),
            (None, None, Some(socket)) => {
                let mut path = socket.clone().into_os_string();
                path.push(".");
                path.push(METADATA);
                path.into()
            }
            (None, None, None) => return Ok(()),
        };
        fs::write(&path, text).map_err(|cause| AddressError::Metadata { path: path.clone(), cause })?;
        self.metadata = Some(path);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nothing can be done about a file that can't be removed.
        if let Some(metadata) = &self.metadata {
            let _ = fs::remove_file(metadata);
        }
        if let Some(socket) = &self.socket
            && self.identity.is_some()
            && identity(socket) == self.identity
        {
            let _ = fs::remove_file(socket);
        }
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// A new folder that only its owner can enter.
fn temporary_folder() -> Result<PathBuf, AddressError> {
    let name = format!("cycle-simulator-{:012x}", fastrand::u64(..) >> 16);
    let mut base = std::env::temp_dir();
    if base.as_os_str().len() + name.len() + SOCKET.len() + 2 > LONGEST {
        base = PathBuf::from("/tmp");
    }
    let folder = base.join(name);
    DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|cause| AddressError::System { at: folder.display().to_string(), cause })?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener as StdListener;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap().block_on(future)
    }

    fn refusal(path: &Path) -> AddressError {
        run(async { listen(&Address::Unix(path.to_owned())).await.unwrap_err() })
    }

    #[test]
    fn has_a_folder_of_its_own_and_leaves_nothing_behind() {
        run(async {
            let (_listener, mut place) = listen(&Address::Temporary).await.unwrap();
            let folder = place.folder.clone().unwrap();
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
            place.write_metadata(None, "{}").unwrap();
            assert_eq!(place.metadata, Some(folder.join(METADATA)));
            drop(place);
            assert!(!folder.exists());
        });
    }

    #[test]
    fn replaces_a_socket_that_was_left_behind_and_nothing_else() {
        let folder = temporary_folder().unwrap();
        let path = folder.join("s");
        drop(StdListener::bind(&path).unwrap());
        run(async {
            let (_listener, mut place) = listen(&Address::Unix(path.clone())).await.unwrap();
            place.write_metadata(None, "{}").unwrap();
            assert!(folder.join("s.environment.json").exists());
            let second = listen(&Address::Unix(path.clone())).await.unwrap_err();
            assert_eq!(second.code(), "EADDRINUSE");
            assert!(second.to_string().starts_with("another server is listening on /"));
        });
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);

        fs::write(&path, "a file").unwrap();
        assert_eq!(refusal(&path).code(), "ENOTSOCK");
        assert_eq!(refusal(&folder.join("no/where")).code(), "ENOENT");
        assert_eq!(refusal(&folder.join("x".repeat(120))).code(), "ENAMETOOLONG");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn leaves_a_socket_alone_that_has_become_somebody_elses() {
        let folder = temporary_folder().unwrap();
        let path = folder.join("s");
        run(async {
            let (_listener, place) = listen(&Address::Unix(path.clone())).await.unwrap();
            fs::remove_file(&path).unwrap();
            let _other = StdListener::bind(&path).unwrap();
            drop(place);
            assert!(path.exists());
        });
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn listens_on_a_port() {
        run(async {
            let (_listener, place) =
                listen(&Address::Tcp { host: "127.0.0.1".into(), port: 0 }).await.unwrap();
            let (host, port) = place.tcp.clone().unwrap();
            assert_ne!(port, 0);
            let taken = listen(&Address::Tcp { host, port }).await.unwrap_err();
            assert_eq!(taken.code(), "EADDRINUSE");
        });
    }
}
