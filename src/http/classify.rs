//! Converts errors of hyper.

use std::error::Error as _;
use std::io;

use super::MAX_HEADERS;
use super::body::OtherLength;
use super::error::Error;
use super::framing;

/// Converts an error of hyper to an [`Error`]. Always says that the response body had not begun.
#[must_use]
pub fn classify(error: &hyper::Error) -> Error {
    if error.is_user() && error.source().is_some_and(<dyn std::error::Error + 'static>::is::<OtherLength>) {
        return framing::other_length();
    }
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        let source = io::Error::new(io::ErrorKind::UnexpectedEof, "other side closed");
        return Error::Lost { in_body: false, source };
    }
    match source {
        Some(source) if source.raw_os_error().is_some() => {
            let source = io::Error::from_raw_os_error(source.raw_os_error().unwrap_or_default());
            Error::Lost { in_body: false, source }
        }
        Some(source) if matches!(source.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe) => {
            Error::Lost { in_body: false, source: io::Error::new(source.kind(), "other side closed") }
        }
        Some(source) => Error::BadResponse(Box::new(io::Error::new(source.kind(), source.to_string()))),
        None if error.is_parse_too_large() => Error::HeadTooLarge { limit: MAX_HEADERS },
        None => Error::BadResponse(error.to_string().into()),
    }
}
