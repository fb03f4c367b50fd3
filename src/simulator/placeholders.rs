//! JSON with placeholders: a string such as `$self.container_id` is replaced by a value of the scope.

use serde_json::Value;

use crate::protocol::value::get;

/// The values of placeholders, by name. A later addition hides an earlier one of the same name.
#[derive(Clone, Default)]
pub(crate) struct Scope<'a> {
    names: Vec<(&'a str, &'a Value)>,
}

impl<'a> Scope<'a> {
    /// A copy of this scope with one more name.
    pub(crate) fn with(&self, name: &'a str, value: &'a Value) -> Scope<'a> {
        let mut names = self.names.clone();
        names.push((name, value));
        Scope { names }
    }

    /// Looks up a dotted path, which begins with a name of the scope.
    pub(crate) fn get(&self, path: &str) -> Option<&'a Value> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let value = self.names.iter().rev().find(|(known, _)| *known == name)?.1;
        rest.map_or(Some(value), |rest| get(value, rest))
    }
}

/// Fills the placeholders. Those without a value are left out of objects and arrays; `None` when `json` itself is one.
pub(crate) fn fill(json: &Value, scope: &Scope<'_>) -> Option<Value> {
    match json {
        Value::String(text) => match text.strip_prefix('$') {
            Some(path) => scope.get(path).cloned(),
            None => Some(json.clone()),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fills_holes_and_leaves_out_what_is_not_there() {
        let who = json!({"id": "i1", "tags": ["a", "b"]});
        let scope = Scope::default().with("self", &who);
        let holes = json!({"id": "$self.id", "second": "$self.tags.1", "gone": "$self.none", "list": ["$nobody", 1], "cost": null});
        assert_eq!(fill(&holes, &scope), Some(json!({"id": "i1", "second": "b", "list": [1], "cost": null})));
        assert_eq!(fill(&json!("$query.x"), &scope), None);
    }

    #[test]
    fn hides_an_earlier_name_with_a_later_one() {
        let (one, two) = (json!(1), json!(2));
        let scope = Scope::default().with("n", &one).with("n", &two);
        assert_eq!(scope.get("n"), Some(&two));
    }
}
