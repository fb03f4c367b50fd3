//! JSON with holes: a string that begins with `$` names a value of the scope, such as `$self.container_id`.

use serde_json::{Map, Value};

/// What the names in a template stand for. Later additions hide earlier ones.
#[derive(Clone, Default)]
pub(crate) struct Scope<'a> {
    names: Vec<(&'a str, &'a Value)>,
}

impl<'a> Scope<'a> {
    /// This scope and one more name.
    pub(crate) fn with(&self, name: &'a str, value: &'a Value) -> Scope<'a> {
        let mut names = self.names.clone();
        names.push((name, value));
        Scope { names }
    }

    /// Looks up a dotted path. The first part is a name of the scope.
    pub(crate) fn get(&self, path: &str) -> Option<&'a Value> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let value = self.names.iter().rev().find(|(known, _)| *known == name)?.1;
        rest.map_or(Some(value), |rest| get(value, rest))
    }
}

/// The value at a dotted path inside another.
pub(crate) fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match value {
        Value::Object(fields) => fields.get(part),
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Sets the value at a dotted path, making objects on the way where there are none.
pub(crate) fn set(target: &mut Value, path: &str, value: Value) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        match rest {
            None => {
                fields.insert(name.into(), value);
            }
            Some(rest) => set(fields.entry(name).or_insert(Value::Null), rest, value),
        }
    }
}

/// The template with its holes filled; `None` when it is a hole that nothing fills.
/// Inside an object or an array such a hole is left out.
pub(crate) fn fill(template: &Value, scope: &Scope<'_>) -> Option<Value> {
    match template {
        Value::String(text) => match text.strip_prefix('$') {
            Some(path) => scope.get(path).cloned(),
            None => Some(template.clone()),
        },
        Value::Array(items) => {
            Some(Value::Array(items.iter().filter_map(|item| fill(item, scope)).collect()))
        }
        Value::Object(fields) => Some(Value::Object(
            fields.iter().filter_map(|(name, field)| Some((name.clone(), fill(field, scope)?))).collect(),
        )),
        other => Some(other.clone()),
    }
}

/// Puts `patch` over `target`: objects are merged field by field, anything else replaces what was there.
pub(crate) fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(fields), Value::Object(patch)) => {
            for (name, value) in patch {
                match fields.get_mut(&name) {
                    Some(field) => merge(field, value),
                    None => {
                        fields.insert(name, value);
                    }
                }
            }
        }
        (target, patch) => *target = patch,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fills_holes_and_leaves_out_what_is_not_there() {
        let who = json!({"id": "i1", "tags": ["a", "b"]});
        let scope = Scope::default().with("self", &who);
        let template = json!({"id": "$self.id", "second": "$self.tags.1", "gone": "$self.none", "list": ["$nobody", 1], "cost": null});
        assert_eq!(
            fill(&template, &scope),
            Some(json!({"id": "i1", "second": "b", "list": [1], "cost": null}))
        );
        assert_eq!(fill(&json!("$query.x"), &scope), None);
    }

    #[test]
    fn hides_an_earlier_name_with_a_later_one() {
        let (one, two) = (json!(1), json!(2));
        let scope = Scope::default().with("n", &one).with("n", &two);
        assert_eq!(scope.get("n"), Some(&two));
    }

    #[test]
    fn sets_where_there_was_nothing() {
        let mut value = json!({"state": {"current": "stopped"}});
        set(&mut value, "state.current", json!("running"));
        set(&mut value, "meta.node.healthy", json!(true));
        assert_eq!(value, json!({"state": {"current": "running"}, "meta": {"node": {"healthy": true}}}));
    }

    #[test]
    fn merges_objects_and_replaces_the_rest() {
        let mut value = json!({"a": {"b": 1, "c": 2}, "list": [1, 2]});
        merge(&mut value, json!({"a": {"b": null}, "list": [3]}));
        assert_eq!(value, json!({"a": {"b": null, "c": 2}, "list": [3]}));
    }
}
