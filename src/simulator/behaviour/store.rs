//! Stores values by key until they expire.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{Call, Outcome};
use crate::simulator::api_error::ApiError;
use crate::simulator::duration;
use crate::simulator::placeholders::{Scope, fill};

/// The values of one store.
#[derive(Debug, Default)]
pub(crate) struct Store(HashMap<String, Stored>);

#[derive(Debug)]
struct Stored {
    value: Value,
    until: Option<Duration>,
}

/// Answers with a stored value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    store: String,
    key: Key,
    pub(super) missing: String,
}

/// Stores a value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Write {
    store: String,
    key: Key,
    value: Value,
    /// How long the value is kept, as a duration; for ever when the placeholder is not filled.
    #[serde(default)]
    expires: Value,
    /// JSON pointer to that duration in the request, for the error when it is not valid.
    #[serde(default)]
    expires_at: String,
    answer: Value,
}

/// The key of a stored value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    scope: Value,
    name: Value,
    /// By scope: who owns the values. The values of a scope that is not listed here are shared by all.
    #[serde(default)]
    owners: BTreeMap<String, Value>,
}

impl Key {
    fn fill(&self, scope: &Scope<'_>) -> String {
        let part = fill(&self.scope, scope).unwrap_or(Value::Null);
        let owner = part.as_str().and_then(|part| self.owners.get(part)).and_then(|owner| fill(owner, scope));
        Value::Array(vec![part, owner.unwrap_or(Value::Null), fill(&self.name, scope).unwrap_or(Value::Null)])
            .to_string()
    }
}

impl Read {
    pub(super) fn run(&self, call: &mut Call<'_>) -> Result<Outcome, ApiError> {
        let now = call.now;
        let key = self.key.fill(&call.scope);
        let store = call.state.stores.entry(self.store.clone()).or_default();
        store.0.retain(|_, stored| stored.until.is_none_or(|until| now < until));
        let stored = store.0.get(&key).ok_or_else(|| ApiError::new(&*self.missing))?;
        Ok(Outcome::data(&stored.value))
    }
}

impl Write {
    pub(super) fn run(&self, call: &mut Call<'_>) -> Result<Outcome, ApiError> {
        let until = match fill(&self.expires, &call.scope) {
            None | Some(Value::Null) => None,
            Some(given) => Some(given.as_str().and_then(duration::parse).ok_or_else(|| {
                ApiError::new("invalid-argument")
                    .at(&*self.expires_at)
                    .detail("must be a duration such as 90s or 1h30m")
            })?),
        };
        let value = fill(&self.value, &call.scope).unwrap_or(Value::Null);
        let until = until.map(|kept| call.now.saturating_add(kept));
        let key = self.key.fill(&call.scope);
        let store = call.state.stores.entry(self.store.clone()).or_default();
        store.0.insert(key, Stored { value, until });
        Ok(Outcome::filled(&self.answer, &call.scope))
    }
}
