//! The files of a simulator. They never replace existing files, and are removed when the simulator ends.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::Error;

/// Name of the socket in a temporary folder.
const SOCKET: &str = "api.sock";
/// Name of the metadata file in a temporary folder.
const METADATA: &str = "environment.json";

/// Device and inode of a file, to recognise it before it is removed.
type Identity = (u64, u64);

/// The files and folders that a simulator has made. Dropping this removes them.
#[derive(Debug, Default)]
pub(crate) struct Place {
    socket: Option<(PathBuf, Identity)>,
    /// The file is kept open, so that its inode is not used again for another file.
    metadata: Option<(PathBuf, File)>,
    folder: Option<PathBuf>,
    /// Whether the socket replaced one that an earlier simulator left behind.
    pub(super) replaced: bool,
    /// Host and port, if it listens on TCP.
    pub(crate) tcp: Option<(String, u16)>,
}

impl Place {
    /// Makes a new folder that only its owner can enter. If possible, paths in it have at most `longest` bytes.
    pub(super) fn temporary(longest: usize) -> Result<Self, Error> {
        let name = format!("cycle-simulator-{:012x}", fastrand::u64(..) >> 16);
        let mut base = std::env::temp_dir();
        if base.as_os_str().len() + name.len() + SOCKET.len() + 2 > longest {
            base = PathBuf::from("/tmp");
        }
        let folder = base.join(name);
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(|cause| Error::Listen { at: folder.display().to_string(), cause })?;
        let mut place = Self::default();
        place.folder = Some(folder);
        Ok(place)
    }

    /// The path for the socket in the temporary folder.
    pub(super) fn own_socket(&self) -> PathBuf {
        self.folder.as_deref().unwrap_or(Path::new("")).join(SOCKET)
    }

    /// Records the socket file that was just made, to be removed at the end.
    pub(super) fn take_socket(&mut self, path: &Path) -> io::Result<()> {
        self.socket = Some((path.to_owned(), identity_of(&fs::symlink_metadata(path)?)));
        Ok(())
    }

    /// Path of the socket.
    pub(crate) fn socket(&self) -> Option<&Path> {
        self.socket.as_ref().map(|(path, _)| path.as_path())
    }

    /// Path of the metadata file.
    pub(crate) fn metadata(&self) -> Option<&Path> {
        self.metadata.as_ref().map(|(path, _)| path.as_path())
    }

    /// Writes the metadata file at this path; with `None`, beside the socket. Fails when there is a file already.
    pub(crate) fn write_metadata(&mut self, path: Option<&Path>, text: &str) -> Result<(), Error> {
        let path = match (path, &self.folder, self.socket()) {
            (Some(path), ..) => path.to_owned(),
            (None, Some(folder), _) => folder.join(METADATA),
            (None, None, Some(socket)) => {
                let mut path = socket.to_owned().into_os_string();
                path.push(".");
                path.push(METADATA);
                let path: PathBuf = path.into();
                self.remove_stale_metadata(&path, text);
                path
            }
            (None, None, None) => return Ok(()),
        };
        let mut options = OpenOptions::new();
        // Makes a new file only; does not follow symbolic links.
        options.write(true).create_new(true).custom_flags(libc::O_NOFOLLOW);
        let file = options.open(&path).map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => {
                Error::MetadataExists { link: path.is_symlink(), path: path.clone() }
            }
            _ => Error::Metadata { path: path.clone(), cause },
        })?;
        let (_, file) = self.metadata.insert((path.clone(), file));
        file.write_all(text.as_bytes()).map_err(|cause| Error::Metadata { path, cause })
    }

    /// Removes the metadata file of the simulator whose socket was replaced. It is recognised by having exactly the
    /// content that is to be written.
    fn remove_stale_metadata(&self, path: &Path, text: &str) {
        let is_file = || fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        if self.replaced && is_file() && fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
            // If this fails, making the new file reports the error.
            let _ = fs::remove_file(path);
        }
    }

    #[cfg(test)]
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A file that cannot be removed is left.
        if let Some((path, file)) = &self.metadata
            && file.metadata().is_ok_and(|made| identity(path) == Some(identity_of(&made)))
        {
            let _ = fs::remove_file(path);
        }
        if let Some((path, made)) = &self.socket
            && identity(path) == Some(*made)
        {
            let _ = fs::remove_file(path);
        }
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// The identity of the file at a path. Does not follow symbolic links.
pub(super) fn identity(path: &Path) -> Option<Identity> {
    fs::symlink_metadata(path).ok().map(|found| identity_of(&found))
}

/// The identity of a file.
pub(super) fn identity_of(found: &Metadata) -> Identity {
    (found.dev(), found.ino())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn place() -> (Place, PathBuf) {
        let place = Place::temporary(100).unwrap();
        let folder = place.folder.clone().unwrap();
        (place, folder)
    }

    #[test]
    fn has_a_folder_of_its_own_and_leaves_nothing_behind() {
        let (mut place, folder) = place();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        place.write_metadata(None, "{}").unwrap();
        assert_eq!(place.metadata(), Some(folder.join(METADATA).as_path()));
        drop(place);
        assert!(!folder.exists());
    }

    #[test]
    fn overwrites_nothing_and_follows_no_link() {
        let (own, folder) = place();
        let victim = folder.join("victim");
        fs::write(&victim, "mine").unwrap();
        let link = folder.join("link");
        symlink(&victim, &link).unwrap();
        for path in [&victim, &link] {
            let mut place = Place::default();
            let refused = place.write_metadata(Some(path), "{}").unwrap_err();
            assert_eq!(refused.code(), "EEXIST");
            drop(place);
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert!(link.is_symlink());
        fs::remove_file(link).unwrap();
        fs::remove_file(victim).unwrap();
        drop(own);
        assert!(!folder.exists());
    }

    #[test]
    fn leaves_alone_what_has_taken_the_place_of_its_file() {
        let (own, folder) = place();
        let path = folder.join("file");
        let mut place = Place::default();
        place.write_metadata(Some(&path), "{}").unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "{}").unwrap();
        drop(place);
        assert!(path.exists());
        fs::remove_dir_all(&folder).unwrap();
        drop(own);
    }

    #[test]
    fn replaces_only_the_metadata_that_goes_with_a_socket_left_behind() {
        let (own, folder) = place();
        let socket = folder.join("s");
        let beside = folder.join("s.environment.json");
        fs::write(&socket, "").unwrap();
        for (replaced, text, outcome) in [(false, "{}", false), (true, "{ }", false), (true, "{}", true)] {
            fs::write(&beside, text).unwrap();
            let mut place = Place::default();
            place.replaced = replaced;
            place.take_socket(&socket).unwrap();
            assert_eq!(place.write_metadata(None, "{}").is_ok(), outcome, "{text}");
            place.socket = None;
            drop(place);
            assert_eq!(beside.exists(), !outcome);
        }
        fs::remove_dir_all(&folder).unwrap();
        drop(own);
    }
}
