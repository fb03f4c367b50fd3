//! Structured values that cross as JSON text.

use napi::Error;
use serde::Serialize;

/// JSON for JavaScript.
pub(super) fn to_json<T: Serialize>(value: &T) -> String {
    // Nothing that is given here can fail to be JSON; null would be noticed at once.
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// The error that JavaScript gets for text that should be JSON.
pub(super) fn invalid(error: serde_json::Error) -> Error {
    Error::from_reason(format!("invalid JSON: {error}"))
}
