//! Finds and changes entries of the world: the JSON data that the simulator serves.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::placeholders::{Scope, fill};
use crate::protocol::value::{get, set};

/// Conditions for entries: by dotted path, the value that an entry must have there.
///
/// Values can be placeholders. Of an array, the first placeholder that has a value is used. A condition without a value
/// is ignored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Filter(BTreeMap<String, Value>);

impl Filter {
    /// Fills the placeholders of the conditions.
    pub(crate) fn bind(&self, scope: &Scope<'_>) -> Bound {
        let first = |templates: &Value| match templates {
            Value::Array(templates) => templates.iter().find_map(|template| fill(template, scope)),
            template => fill(template, scope),
        };
        Bound(self.0.iter().filter_map(|(path, templates)| Some((path.clone(), first(templates)?))).collect())
    }
}

/// Conditions with filled placeholders.
pub(crate) struct Bound(Vec<(String, Value)>);

impl Bound {
    /// Whether an entry meets every condition.
    pub(crate) fn matches(&self, entry: &Value) -> bool {
        self.0.iter().all(|(path, wanted)| get(entry, path) == Some(wanted))
    }
}

/// Sets values of certain entries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// Paths of the collections with the entries.
    #[serde(rename = "in")]
    collections: Vec<String>,
    #[serde(rename = "where")]
    filter: Filter,
    /// The values to set, by dotted path.
    set: BTreeMap<String, Value>,
}

impl Change {
    /// Changes the entries that match, with the placeholders filled from `scope`.
    pub(crate) fn apply(&self, world: &mut Value, scope: &Scope<'_>) {
        let wanted = self.filter.bind(scope);
        for collection in &self.collections {
            for_each_mut(world, collection, &mut |entry| {
                if wanted.matches(entry) {
                    for (path, value) in &self.set {
                        set(entry, path, fill(value, scope).unwrap_or(Value::Null));
                    }
                }
            });
        }
    }
}

/// The entries at a dotted path: the items if there is an array, else the value there. `*` in the path stands for every
/// field or item.
pub(crate) fn entries<'a>(world: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![world];
    for part in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| match (part, value) {
                ("*", Value::Object(fields)) => fields.values().collect(),
                ("*", Value::Array(items)) => items.iter().collect(),
                _ => get(value, part).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    found
        .into_iter()
        .flat_map(|value| match value {
            Value::Array(items) => items.iter().collect(),
            other => vec![other],
        })
        .collect()
}

/// Calls `change` for each entry at a dotted path, as [`entries`] finds them.
pub(crate) fn for_each_mut(world: &mut Value, path: &str, change: &mut dyn FnMut(&mut Value)) {
    let (part, rest) = path.split_once('.').map_or((path, None), |(part, rest)| (part, Some(rest)));
    let mut below = |value: &mut Value| match (rest, value) {
        (Some(rest), value) => for_each_mut(value, rest, change),
        (None, Value::Array(items)) => items.iter_mut().for_each(&mut *change),
        (None, value) => change(value),
    };
    match (part, world) {
        ("*", Value::Object(fields)) => fields.iter_mut().for_each(|(_, value)| below(value)),
        ("*", Value::Array(items)) => items.iter_mut().for_each(below),
        (part, Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(part) {
                below(value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_entries_behind_a_star() {
        let world = json!({"services": {"vpn": {"instances": [{"id": 1}]}, "lb": {"instances": [{"id": 2}, {"id": 3}]}}});
        let ids: Vec<_> =
            entries(&world, "services.*.instances").into_iter().map(|e| e["id"].clone()).collect();
        assert_eq!(ids, [json!(1), json!(2), json!(3)]);
        assert_eq!(entries(&world, "none").len(), 0);
        assert_eq!(entries(&world, "services.vpn").len(), 1);
    }

    #[test]
    fn changes_what_it_finds() {
        let mut world = json!({"services": {"vpn": {"instances": [{"id": 1}]}}, "list": [{"id": 2}]});
        for path in ["services.*.instances", "list", "none.at.all"] {
            for_each_mut(&mut world, path, &mut |entry| entry["seen"] = json!(true));
        }
        assert_eq!(
            world,
            json!({"services": {"vpn": {"instances": [{"id": 1, "seen": true}]}}, "list": [{"id": 2, "seen": true}]})
        );
    }

    #[test]
    fn sets_values_of_the_entries_that_match() {
        let change: Change = serde_json::from_value(json!(
            {"in": ["one", "two"], "where": {"id": "$who"}, "set": {"seen.at": "$now", "gone": "$nothing"}}
        ))
        .unwrap();
        let mut world = json!({"one": [{"id": 1}, {"id": 2}], "two": [{"id": 2, "seen": {"by": 3}}]});
        let (who, now) = (json!(2), json!("noon"));
        change.apply(&mut world, &Scope::default().with("who", &who).with("now", &now));
        assert_eq!(
            world,
            json!({
                "one": [{"id": 1}, {"id": 2, "seen": {"at": "noon"}, "gone": null}],
                "two": [{"id": 2, "seen": {"by": 3, "at": "noon"}, "gone": null}]
            })
        );
    }

    #[test]
    fn takes_the_first_template_that_something_fills() {
        let filter: Filter = serde_json::from_value(
            json!({"container_id": ["$query.container-id", "$self.container_id"], "vendor": "$query.vendor"}),
        )
        .unwrap();
        let (query, who) = (json!({}), json!({"container_id": "c1"}));
        let scope = Scope::default().with("query", &query).with("self", &who);
        let bound = filter.bind(&scope);
        assert!(bound.matches(&json!({"container_id": "c1", "vendor": "x"})));
        assert!(!bound.matches(&json!({"container_id": "c2"})));
        let query = json!({"container-id": "c2"});
        assert!(filter.bind(&scope.with("query", &query)).matches(&json!({"container_id": "c2"})));
    }
}
