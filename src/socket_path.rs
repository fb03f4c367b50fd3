//! Paths of Unix sockets: how long they may be, and what is wrong with one that leads to no socket.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Bytes of the longest path that fits into a socket's address, without its final zero.
pub const LONGEST: usize =
    size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path) - 1;

/// What is wrong with a path, as a sentence without its full stop. A look at the file takes no descriptor; where it fails
/// there is nothing to say.
#[must_use]
pub fn fault(path: &Path) -> Option<&'static str> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.is_empty() {
        return Some("The path of the socket is empty: check `socketPath`");
    }
    if bytes.contains(&0) {
        return Some("The path of the socket has a zero byte: check `socketPath`");
    }
    let kind = path.metadata().ok()?.file_type();
    if kind.is_dir() {
        return Some("The path is a folder, not a socket: set `socketPath` to the socket in it");
    }
    kind.is_file().then_some("The path is a plain file, not a socket: check `socketPath`")
}
