//! Tasks that change an entry of the world in several steps.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Call, Outcome};
use crate::protocol::value::{get, set};
use crate::simulator::api_error::ApiError;
use crate::simulator::placeholders::fill;
use crate::simulator::world::{Bound, Filter, entries, for_each_mut};

/// Runs the task that the request names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    /// The name of the task.
    on: Value,
    tasks: BTreeMap<String, Steps>,
    answer: Value,
}

/// A task: the steps in which it changes an entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    /// Paths of the collections that contain the entry. The one in the first decides what is done.
    #[serde(rename = "in")]
    collections: Vec<String>,
    #[serde(rename = "where")]
    filter: Filter,
    missing: String,
    /// If the entry matches this, the task has nothing to do.
    #[serde(default)]
    settled: Option<Filter>,
    states: Vec<Step>,
}

/// One step of a task.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// The values to set in the entry, by dotted path.
    set: BTreeMap<String, Value>,
    /// Notifications to send; `$entry` is the entry after the step, `$before` before it.
    #[serde(default)]
    publish: Vec<Value>,
}

impl Task {
    pub(super) fn cases(&self) -> Vec<&str> {
        self.tasks.values().map(|steps| steps.missing.as_str()).collect()
    }

    pub(super) fn run(&self, call: &mut Call<'_>) -> Result<Outcome, ApiError> {
        let name = fill(&self.on, &call.scope);
        let steps = name.as_ref().and_then(Value::as_str).and_then(|name| self.tasks.get(name));
        let steps = steps.ok_or_else(|| ApiError::new("invalid-argument").detail("no such task"))?;
        steps.run(call)?;
        Ok(Outcome::filled(&self.answer, &call.scope))
    }
}

impl Steps {
    fn run(&self, call: &mut Call<'_>) -> Result<(), ApiError> {
        let wanted = self.filter.bind(&call.scope);
        let mut entry = self.find(call.world, &wanted)?;
        if self.settled.as_ref().is_some_and(|settled| settled.bind(&call.scope).matches(&entry)) {
            return Ok(());
        }
        for step in &self.states {
            let before = entry;
            for collection in &self.collections {
                for_each_mut(call.world, collection, &mut |entry| {
                    if get(entry, "id") == get(&before, "id") {
                        for (path, value) in &step.set {
                            set(entry, path, fill(value, &call.scope).unwrap_or(Value::Null));
                        }
                    }
                });
            }
            entry = self.find(call.world, &wanted)?;
            let scope = call.scope.with("before", &before).with("entry", &entry);
            Call::publish(&mut call.publications, &step.publish, &scope);
        }
        Ok(())
    }

    fn find(&self, world: &Value, wanted: &Bound) -> Result<Value, ApiError> {
        let all = self.collections.iter().flat_map(|path| entries(world, path));
        all.into_iter()
            .find(|entry| wanted.matches(entry))
            .cloned()
            .ok_or_else(|| ApiError::new(&*self.missing))
    }
}
