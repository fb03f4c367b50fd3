//! Reads and changes parts of JSON values by dotted paths.

use serde_json::{Map, Value};

/// The value at a dotted path.
pub(crate) fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match value {
        Value::Object(fields) => fields.get(part),
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Sets the value at a dotted path. Whatever is on the way and is not an object becomes one.
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

/// Merges `patch` into `target`: objects field by field; anything else replaces what was there.
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

/// Escapes a name for a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
