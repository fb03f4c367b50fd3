//! Paths of Unix sockets: their longest length, and why a path is not that of a socket.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The longest path that fits into a socket address, in bytes, without the final zero.
pub const LONGEST: usize =
    size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path) - 1;

/// Says why a path cannot be that of a socket and what to do, as a sentence without its full stop. `None` if no reason is
/// known. Needs no file descriptor, so it works when the process has none left.
#[must_use]
pub fn diagnose(path: &Path) -> Option<&'static str> {
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
