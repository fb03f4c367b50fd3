//! The environment variables that the platform sets for a program.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::placeholders::{Scope, fill};
use super::world::{Filter, entries};

/// The environment variables of the instance that asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variables {
    /// Entries of the world that the values refer to by these names. Later ones may refer to earlier ones.
    #[serde(default)]
    entries: Vec<Named>,
    /// The values by name. A placeholder that nothing fills leaves its variable out.
    set: BTreeMap<String, Value>,
}

/// An entry of the world.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    /// Path of its collection.
    from: String,
    #[serde(rename = "where")]
    filter: Filter,
}

impl Variables {
    /// The variables in this world, by name.
    pub(crate) fn fill(&self, world: &Value, who: &Value) -> BTreeMap<String, String> {
        let mut scope = Scope::default().with("self", who);
        for Named { name, from, filter } in &self.entries {
            let wanted = filter.bind(&scope);
            if let Some(entry) = entries(world, from).into_iter().find(|entry| wanted.matches(entry)) {
                scope = scope.with(name, entry);
            }
        }
        let text = |value: Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        self.set
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), text(fill(value, &scope)?)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn follows_one_entry_to_the_next() {
        let variables: Variables = serde_json::from_value(json!({
            "entries": [
                {"name": "thing", "from": "things", "where": {"id": "$self.thing"}},
                {"name": "home", "from": "homes", "where": {"id": "$thing.home"}},
                {"name": "lost", "from": "homes", "where": {"id": "nowhere"}}
            ],
            "set": {"ID": "$self.thing", "HOME": "$home.name", "SIZE": "$home.size", "LOST": "$lost.name", "NONE": "$home.none", "FIXED": "yes"}
        }))
        .unwrap();
        let world = json!({
            "things": [{"id": "a"}, {"id": "b", "home": 7}],
            "homes": [{"id": 6, "name": "six"}, {"id": 7, "name": "seven", "size": 3, "none": null}]
        });
        let filled = variables.fill(&world, &json!({"thing": "b"}));
        let expected = [("FIXED", "yes"), ("HOME", "seven"), ("ID", "b"), ("SIZE", "3")];
        assert_eq!(filled, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }
}
