//! What the engine answers, before it becomes bytes.

use serde_json::Value;

/// What the engine answers.
#[derive(Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// The methods that the path knows, when the one used is not among them.
    pub(crate) allow: Option<String>,
    /// Messages to be sent to those who listen.
    pub(crate) publications: Vec<Value>,
}
