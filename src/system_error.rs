//! Names of system errors, as Node prints them.

use std::io;

/// The symbolic name of a system error, such as `ENOENT`; `UNKNOWN` for one without a number.
#[must_use]
pub fn code(error: &io::Error) -> &'static str {
    error.raw_os_error().map_or_else(|| kind_code(error.kind()), number_code)
}

fn number_code(number: i32) -> &'static str {
    match number {
        libc::EACCES => "EACCES",
        libc::EADDRINUSE => "EADDRINUSE",
        libc::EADDRNOTAVAIL => "EADDRNOTAVAIL",
        libc::EAFNOSUPPORT => "EAFNOSUPPORT",
        libc::EAGAIN => "EAGAIN",
        libc::EBADF => "EBADF",
        libc::ECONNABORTED => "ECONNABORTED",
        libc::ECONNREFUSED => "ECONNREFUSED",
        libc::ECONNRESET => "ECONNRESET",
        libc::EDQUOT => "EDQUOT",
        libc::EEXIST => "EEXIST",
        libc::EHOSTUNREACH => "EHOSTUNREACH",
        libc::EINTR => "EINTR",
        libc::EINVAL => "EINVAL",
        libc::EIO => "EIO",
        libc::EISDIR => "EISDIR",
        libc::ELOOP => "ELOOP",
        libc::EMFILE => "EMFILE",
        libc::ENAMETOOLONG => "ENAMETOOLONG",
        libc::ENETDOWN => "ENETDOWN",
        libc::ENETUNREACH => "ENETUNREACH",
        libc::ENFILE => "ENFILE",
        libc::ENOBUFS => "ENOBUFS",
        libc::ENOENT => "ENOENT",
        libc::ENOMEM => "ENOMEM",
        libc::ENOSPC => "ENOSPC",
        libc::ENOSYS => "ENOSYS",
        libc::ENOTCONN => "ENOTCONN",
        libc::ENOTDIR => "ENOTDIR",
        libc::ENOTSOCK => "ENOTSOCK",
        libc::ENXIO => "ENXIO",
        libc::EOPNOTSUPP => "EOPNOTSUPP",
        libc::EPERM => "EPERM",
        libc::EPIPE => "EPIPE",
        libc::EPROTOTYPE => "EPROTOTYPE",
        libc::EROFS => "EROFS",
        libc::ESTALE => "ESTALE",
        libc::ETIMEDOUT => "ETIMEDOUT",
        _ => "UNKNOWN",
    }
}

/// For errors that the standard library makes itself: they have no number.
fn kind_code(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::BrokenPipe => "EPIPE",
        io::ErrorKind::ConnectionAborted => "ECONNABORTED",
        io::ErrorKind::ConnectionRefused => "ECONNREFUSED",
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => "ECONNRESET",
        io::ErrorKind::NotConnected => "ENOTCONN",
        io::ErrorKind::NotFound => "ENOENT",
        io::ErrorKind::PermissionDenied => "EACCES",
        io::ErrorKind::TimedOut => "ETIMEDOUT",
        _ => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbered_errors_and_kinds() {
        assert_eq!(code(&io::Error::from_raw_os_error(libc::ENOENT)), "ENOENT");
        assert_eq!(code(&io::Error::from_raw_os_error(libc::EPROTOTYPE)), "EPROTOTYPE");
        assert_eq!(code(&io::Error::from_raw_os_error(libc::EROFS)), "EROFS");
        assert_eq!(code(&io::Error::from(io::ErrorKind::UnexpectedEof)), "ECONNRESET");
        assert_eq!(code(&io::Error::other("something")), "UNKNOWN");
    }
}
