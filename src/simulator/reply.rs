//! The answer of the engine.

use serde_json::Value;

/// The answer of the engine to a request.
#[derive(Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// The value of the `Allow` header: the methods of the path, when the request had another one.
    pub(crate) allow: Option<String>,
    /// Notifications to send.
    pub(crate) publications: Vec<Value>,
}
