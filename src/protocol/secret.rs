//! Hides the secret parts of results.

use serde_json::Value;

/// The place of a secret: keys from the top, with `*` for any one key or index and `**` for any number of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretPath(Vec<String>);

impl SecretPath {
    /// Reads a path such as `*.private_key`. Fails with a message.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let keys: Vec<String> = source.split('.').map(str::to_owned).collect();
        if keys.iter().any(String::is_empty) {
            return Err("a path of keys has no empty keys".to_owned());
        }
        Ok(Self(keys))
    }

    /// Whether the path starts with `**`: the secret is then known by its name, in any place.
    pub(super) fn is_anywhere(&self) -> bool {
        self.0.len() > 1 && self.0[0] == "**"
    }
}

/// Replaces every string, number and boolean at or below the paths by `mask`; null stays null. Returns whether anything
/// was hidden.
pub(super) fn hide<'a>(
    value: &mut Value,
    paths: impl IntoIterator<Item = &'a SecretPath>,
    mask: &Value,
) -> bool {
    let mut hidden = false;
    for path in paths {
        hidden |= hide_at(value, &path.0, mask);
    }
    hidden
}

fn hide_at(value: &mut Value, path: &[String], mask: &Value) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return hide_all(value, mask);
    };
    let any_depth = key == "**";
    let mut hidden = any_depth && hide_at(value, rest, mask);
    for (name, inner) in entries(value) {
        if any_depth {
            hidden |= hide_at(inner, path, mask);
        } else if key == "*" || name == Some(key.as_str()) {
            hidden |= hide_at(inner, rest, mask);
        }
    }
    hidden
}

/// Hides a value and everything in it.
pub(super) fn hide_all(value: &mut Value, mask: &Value) -> bool {
    if matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)) {
        let hidden = value != mask;
        *value = mask.clone();
        return hidden;
    }
    let mut hidden = false;
    for (_, inner) in entries(value) {
        hidden |= hide_all(inner, mask);
    }
    hidden
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

    const MASK: &str = "(hidden)";

    fn hidden(mut value: Value, paths: &[&str]) -> Value {
        let paths: Vec<SecretPath> = paths.iter().map(|path| SecretPath::parse(path).unwrap()).collect();
        let before = value.clone();
        let hidden = hide(&mut value, &paths, &json!(MASK));
        assert_eq!(hidden, value != before);
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
