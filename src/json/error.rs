//! What is wrong with a text that should be JSON.

/// The text is no JSON: `JSON.parse` would throw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is no JSON")]
pub struct Error;
