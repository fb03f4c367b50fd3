//! Secret parts of results, and how they are hidden.

use serde_json::Value;

/// Shown in place of a secret.
const MASK: &str = "(hidden)";

/// The place of a secret: keys from the top, `*` for any one key or index, `**` for any number of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretPath(Vec<String>);

impl SecretPath {
    /// Reads a path such as `*.private_key`. Fails with the fault in words.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let keys: Vec<String> = source.split('.').map(str::to_owned).collect();
        if keys.iter().any(String::is_empty) {
            return Err("a path of keys has no empty keys".to_owned());
        }
        Ok(Self(keys))
    }
}

/// Hides what lies at the paths: every text, number and truth in there. Null stays null.
pub(super) fn hide(value: &mut Value, paths: &[SecretPath]) {
    for path in paths {
        hide_at(value, &path.0);
    }
}

fn hide_at(value: &mut Value, path: &[String]) {
    let Some((key, rest)) = path.split_first() else {
        hide_all(value);
        return;
    };
    let any_depth = key == "**";
    if any_depth {
        hide_at(value, rest);
    }
    for (name, inner) in entries(value) {
        if any_depth {
            hide_at(inner, path);
        } else if key == "*" || name == Some(key.as_str()) {
            hide_at(inner, rest);
        }
    }
}

fn hide_all(value: &mut Value) {
    if matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)) {
        *value = Value::String(MASK.to_owned());
    }
    for (_, inner) in entries(value) {
        hide_all(inner);
    }
}

fn entries(value: &mut Value) -> Box<dyn Iterator<Item = (Option<&str>, &mut Value)> + '_> {
    match value {
        Value::Object(object) => Box::new(object.iter_mut().map(|(key, value)| (Some(key.as_str()), value))),
        Value::Array(items) => Box::new(items.iter_mut().map(|value| (None, value))),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hidden(mut value: Value, paths: &[&str]) -> Value {
        let paths: Vec<SecretPath> = paths.iter().map(|path| SecretPath::parse(path).unwrap()).collect();
        hide(&mut value, &paths);
        value
    }

    #[test]
    fn hides_what_the_paths_name() {
        let list = json!([{"id": "a", "private_key": "k"}, {"id": "b", "private_key": null}]);
        let expected = json!([{"id": "a", "private_key": MASK}, {"id": "b", "private_key": null}]);
        assert_eq!(hidden(list, &["*.private_key"]), expected);
        assert_eq!(
            hidden(json!({"A": "1", "B": {"c": [2, true]}}), &["*"]),
            json!({"A": MASK, "B": {"c": [MASK, MASK]}})
        );
        let deep = json!({"secret": 1, "a": [{"b": {"secret": "x", "secrets": "y"}}]});
        assert_eq!(
            hidden(deep, &["**.secret"]),
            json!({"secret": MASK, "a": [{"b": {"secret": MASK, "secrets": "y"}}]})
        );
        assert_eq!(hidden(json!("x"), &["a"]), json!("x"));
        assert!(SecretPath::parse("a..b").is_err());
    }
}
