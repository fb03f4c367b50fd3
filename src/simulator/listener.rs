//! Opens the listening socket of a simulator.

use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use tokio::net::{TcpListener, UnixListener, UnixStream};

use super::address::Address;
use super::error::Error;
use super::place::{Place, identity, identity_of};
use crate::socket_path::LONGEST;

/// A listening socket.
#[derive(Debug)]
pub(crate) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// Starts listening. Must be called in a tokio runtime.
pub(crate) async fn listen(address: &Address) -> Result<(Listener, Place), Error> {
    match address {
        Address::Temporary => {
            let place = Place::temporary(LONGEST)?;
            let path = place.own_socket();
            listen_unix(&path, place).await
        }
        Address::Unix(path) => listen_unix(path, Place::default()).await,
        Address::Tcp { host, port } => {
            let failed = |cause| Error::Listen { at: format!("{host}:{port}"), cause };
            let listener = TcpListener::bind((host.as_str(), *port)).await.map_err(failed)?;
            let bound = listener.local_addr().map_err(failed)?;
            let mut place = Place::default();
            place.tcp = Some((host.clone(), bound.port()));
            Ok((Listener::Tcp(listener), place))
        }
    }
}

async fn listen_unix(path: &Path, mut place: Place) -> Result<(Listener, Place), Error> {
    if path.as_os_str().len() > LONGEST {
        return Err(Error::PathTooLong(path.to_owned()));
    }
    let failed = |cause| Error::Listen { at: path.display().to_string(), cause };
    place.replaced = remove_stale(path).await?;
    let listener = UnixListener::bind(path).map_err(failed)?;
    place.take_socket(path).map_err(failed)?;
    Ok((Listener::Unix(listener), place))
}

/// Removes a socket file on which no server listens any more. Returns whether there was one.
async fn remove_stale(path: &Path) -> Result<bool, Error> {
    let failed = |cause| Error::Listen { at: path.display().to_string(), cause };
    let found = match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found.map_err(failed)?,
    };
    if !found.file_type().is_socket() {
        return Err(Error::NotASocket { path: path.to_owned(), what: describe(found.file_type()) });
    }
    match UnixStream::connect(path).await {
        Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
            // Another process may have replaced it meanwhile: then it is not removed.
            if identity(path) != Some(identity_of(&found)) {
                return Err(Error::AddressInUse(path.to_owned()));
            }
            fs::remove_file(path).map_err(failed)?;
            Ok(true)
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => Err(failed(cause)),
        // Connected, or the server's listen queue is full: a server is there.
        Ok(_) | Err(_) => Err(Error::AddressInUse(path.to_owned())),
    }
}

fn describe(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_file() {
        "a file"
    } else {
        "a pipe or a device"
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener as StdListener;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap().block_on(future)
    }

    fn refusal(path: &Path) -> Error {
        run(async { listen(&Address::Unix(path.to_owned())).await.unwrap_err() })
    }

    #[test]
    fn replaces_a_socket_that_was_left_behind_and_nothing_else() {
        let own = Place::temporary(LONGEST).unwrap();
        let folder = own.folder().unwrap();
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
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0);

        fs::write(&path, "a file").unwrap();
        assert_eq!(refusal(&path).code(), "ENOTSOCK");
        assert_eq!(refusal(&folder.join("no/where")).code(), "ENOENT");
        assert_eq!(refusal(&folder.join("x".repeat(120))).code(), "ENAMETOOLONG");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn leaves_a_socket_alone_that_has_become_somebody_elses() {
        let own = Place::temporary(LONGEST).unwrap();
        let folder = own.folder().unwrap();
        let path = folder.join("s");
        run(async {
            let (_listener, place) = listen(&Address::Unix(path.clone())).await.unwrap();
            fs::remove_file(&path).unwrap();
            let _other = StdListener::bind(&path).unwrap();
            drop(place);
            assert!(path.exists());
        });
        fs::remove_dir_all(folder).unwrap();
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
