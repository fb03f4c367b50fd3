//! Always gives the same answer. Tests find the request in the simulator's journal, like any other.

use serde::Deserialize;
use serde_json::Value;

use super::{Call, Outcome};

/// Gives a fixed answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    answer: Value,
    /// Notifications to send.
    #[serde(default)]
    publish: Vec<Value>,
    /// Path of an array in the request. The notifications are sent once for each item, which is `$item`.
    #[serde(default)]
    each: Option<String>,
}

impl Record {
    pub(super) fn run(&self, call: &mut Call<'_>) -> Outcome {
        match self.each.as_ref().map(|path| call.scope.get(path)) {
            None => Call::publish(&mut call.publications, &self.publish, &call.scope),
            Some(items) => {
                for item in items.and_then(Value::as_array).into_iter().flatten() {
                    Call::publish(&mut call.publications, &self.publish, &call.scope.with("item", item));
                }
            }
        }
        Outcome::filled(&self.answer, &call.scope)
    }
}
