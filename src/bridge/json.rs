//! Values that cross the bridge as JSON text.

use napi::Error;
use serde::Serialize;

/// Converts a value to JSON text.
pub(super) fn to_json<T: Serialize>(value: &T) -> String {
    // All types used here can be converted.
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// The error for text that is not valid JSON.
pub(super) fn invalid(error: serde_json::Error) -> Error {
    Error::from_reason(format!("invalid JSON: {error}"))
}
