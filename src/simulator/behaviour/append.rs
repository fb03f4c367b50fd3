//! Adds entries to a collection.

use serde::Deserialize;
use serde_json::Value;

use super::{Call, Outcome};
use crate::protocol::value::{get, merge, set};
use crate::simulator::api_error::ApiError;
use crate::simulator::placeholders::fill;

/// Adds an entry, or updates the one with the same key, and answers with the collection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Append {
    /// The collection, a field of the world.
    into: String,
    /// The field that identifies an entry.
    key: String,
    entry: Value,
    /// Notifications to send when the entry is new.
    #[serde(default)]
    added: Vec<Value>,
    /// Notifications to send when it existed.
    #[serde(default)]
    renewed: Vec<Value>,
}

impl Append {
    pub(super) fn run(&self, call: &mut Call<'_>) -> Result<Outcome, ApiError> {
        let entry = fill(&self.entry, &call.scope).unwrap_or(Value::Null);
        if !get(call.world, &self.into).is_some_and(Value::is_array) {
            set(call.world, &self.into, Value::Array(Vec::new()));
        }
        let Some(Value::Array(list)) = call.world.get_mut(&self.into) else {
            return Err(ApiError::new("internal").detail(format!("the world has no list {}", self.into)));
        };
        let known = list.iter_mut().find(|known| get(known, &self.key) == get(&entry, &self.key));
        let messages = if let Some(known) = known {
            merge(known, entry.clone());
            &self.renewed
        } else {
            list.push(entry.clone());
            &self.added
        };
        let outcome = Outcome::data(&Value::Array(list.clone()));
        Call::publish(&mut call.publications, messages, &call.scope.with("entry", &entry));
        Ok(outcome)
    }
}
