//! Answers with parts of the world.

use serde::Deserialize;
use serde_json::Value;

use super::{Call, Outcome};
use crate::protocol::value::get;
use crate::simulator::api_error::ApiError;
use crate::simulator::placeholders::Scope;
use crate::simulator::world::{Filter, entries};

/// Answers with one part of the world.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Path in the world.
    from: String,
}

/// Answers with one entry of a collection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pick {
    /// Path of the collection.
    from: String,
    #[serde(default, rename = "where")]
    filter: Filter,
    /// Path to the part of the entry to answer with; by default all of it.
    #[serde(default)]
    take: Option<String>,
    /// Error case when there is no such entry.
    pub(super) missing: String,
}

/// Answers with the entries of a collection that match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// Path of the collection.
    from: String,
    #[serde(default, rename = "where")]
    filter: Filter,
    /// Path to the part of each entry to answer with; by default all of it.
    #[serde(default)]
    take: Option<String>,
    /// An entry that must exist; else its error is the answer.
    #[serde(default)]
    pub(super) within: Option<Pick>,
    /// Restricts the list to entries that another collection refers to.
    #[serde(default)]
    having: Option<Having>,
}

/// Selects entries that another collection refers to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Having {
    /// Path to the field of the entry that is referred to.
    field: String,
    /// Path of the other collection.
    #[serde(rename = "in")]
    collection: String,
    /// Path to the reference in entries of the other collection.
    by: String,
    #[serde(default, rename = "where")]
    filter: Filter,
}

impl Part {
    pub(super) fn run(&self, call: &Call<'_>) -> Result<Outcome, ApiError> {
        get(call.world, &self.from).map(Outcome::data).ok_or_else(|| {
            ApiError::new("internal").detail(format!("the world has nothing at {}", self.from))
        })
    }
}

impl Pick {
    pub(super) fn run(&self, call: &Call<'_>) -> Result<Outcome, ApiError> {
        let entry = self.find(call.world, &call.scope)?;
        Ok(Outcome::data(taken(entry, self.take.as_deref()).unwrap_or(&Value::Null)))
    }

    fn find<'a>(&self, world: &'a Value, scope: &Scope<'_>) -> Result<&'a Value, ApiError> {
        let wanted = self.filter.bind(scope);
        entries(world, &self.from)
            .into_iter()
            .find(|entry| wanted.matches(entry))
            .ok_or_else(|| ApiError::new(&*self.missing))
    }
}

impl List {
    pub(super) fn run(&self, call: &Call<'_>) -> Result<Outcome, ApiError> {
        if let Some(within) = &self.within {
            within.find(call.world, &call.scope)?;
        }
        let wanted = self.filter.bind(&call.scope);
        let references = self.having.as_ref().map(|having| having.references(call.world, &call.scope));
        let found = entries(call.world, &self.from)
            .into_iter()
            .filter(|entry| wanted.matches(entry))
            .filter(|entry| match (&self.having, &references) {
                (Some(having), Some(references)) => {
                    get(entry, &having.field).is_some_and(|field| references.contains(&field))
                }
                _ => true,
            })
            .filter_map(|entry| taken(entry, self.take.as_deref()).cloned());
        Ok(Outcome::data(&Value::Array(found.collect())))
    }
}

impl Having {
    fn references<'a>(&self, world: &'a Value, scope: &Scope<'_>) -> Vec<&'a Value> {
        let wanted = self.filter.bind(scope);
        let referring = entries(world, &self.collection).into_iter().filter(|entry| wanted.matches(entry));
        referring.filter_map(|entry| get(entry, &self.by)).collect()
    }
}

fn taken<'a>(entry: &'a Value, path: Option<&str>) -> Option<&'a Value> {
    path.map_or(Some(entry), |path| get(entry, path))
}
