//! The error of invalid JSON.

/// The text is not valid JSON: `JSON.parse` would throw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is not valid JSON")]
pub struct Error;
