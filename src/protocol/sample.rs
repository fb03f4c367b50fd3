//! Makes example values for schemas: the answers of a simulator, unless something else is declared.

use serde_json::{Map, Value, json};

use super::value::merge;

/// Limits the size of a sample: optional fields are left out inside of more than this many references, and below four
/// times as many levels, where arrays are empty too.
const DEPTH: usize = 4;

/// Makes a value that the schema accepts. Uses the schema's examples, defaults and constants; other strings contain the
/// name of their field. References are looked up in `document`.
pub(crate) fn sample(schema: &Value, document: &Value) -> Value {
    Sampler { document, open: Vec::new() }.make(schema, "text", 0)
}

struct Sampler<'a> {
    document: &'a Value,
    /// The references that are being followed, outermost first.
    open: Vec<&'a str>,
}

impl<'a> Sampler<'a> {
    /// Makes a value for the field called `name`.
    fn make(&mut self, schema: &'a Value, name: &'a str, depth: usize) -> Value {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            // A schema that requires itself has no finite value.
            if self.open.contains(&reference) {
                return Value::Null;
            }
            let target = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            self.open.push(reference);
            let made = target.map_or(Value::Null, |target| self.make(target, name, depth));
            self.open.pop();
            return made;
        }
        let given = ["example", "default", "const"].into_iter().find_map(|key| schema.get(key));
        let given = given.or_else(|| schema.pointer("/examples/0")).or_else(|| schema.pointer("/enum/0"));
        if let Some(value) = given {
            return value.clone();
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut whole = self.own(schema, name, depth);
            for part in parts {
                let part = self.make(part, name, depth + 1);
                if whole.is_null() {
                    whole = part;
                } else {
                    merge(&mut whole, part);
                }
            }
            return whole;
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(choices) = schema.get(key).and_then(Value::as_array) {
                let is_null = |choice: &Value| choice.get("type") == Some(&json!("null"));
                let choice = choices.iter().find(|choice| !is_null(choice) && !self.is_open(choice));
                return choice.map_or(Value::Null, |choice| self.make(choice, name, depth + 1));
            }
        }
        self.own(schema, name, depth)
    }

    /// Makes a value of the schema's `type`.
    fn own(&mut self, schema: &'a Value, name: &'a str, depth: usize) -> Value {
        let kind = match schema.get("type") {
            Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
            Some(one) => one.as_str(),
            None if schema.get("properties").is_some() => Some("object"),
            None => None,
        };
        match kind {
            Some("string") => json!(string(schema.get("format").and_then(Value::as_str), name)),
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
            Some("boolean") => json!(true),
            Some("array") => {
                let items = schema.get("items").filter(|items| depth < DEPTH * 4 && !self.is_open(items));
                Value::Array(items.map(|items| self.make(items, name, depth + 1)).into_iter().collect())
            }
            Some("object") => self.object(schema, name, depth),
            _ => Value::Null,
        }
    }

    fn object(&mut self, schema: &'a Value, name: &'a str, depth: usize) -> Value {
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
        let mut fields = Map::new();
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let wanted = self.open.len() <= DEPTH && depth < DEPTH * 4 && !self.is_open(field);
            if wanted || is_required(name) {
                fields.insert(name.clone(), self.make(field, name, depth + 1));
            }
        }
        if let Some(every) = schema.get("additionalProperties").filter(|every| every.is_object())
            && fields.is_empty()
            && depth < DEPTH * 4
            && !self.is_open(every)
        {
            fields.insert(name.to_owned(), self.make(every, name, depth + 1));
        }
        Value::Object(fields)
    }

    /// Whether a schema is a reference that is being followed already.
    fn is_open(&self, schema: &Value) -> bool {
        schema.get("$ref").and_then(Value::as_str).is_some_and(|name| self.open.contains(&name))
    }
}

fn string<'a>(format: Option<&str>, name: &'a str) -> &'a str {
    match format {
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("date") => "2026-01-01",
        Some("objectid") => "65f000000000000000000000",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("uri") => "https://example.com/",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_what_the_schema_asks_for() {
        let document = json!({"components": {"schemas": {
            "Time": {"type": "string", "format": "date-time"},
            "State": {"type": "object", "properties": {"changed": {"$ref": "#/components/schemas/Time"}}, "required": ["changed"]},
            "Tree": {"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, "parent": {"$ref": "#/components/schemas/Tree"}}, "required": ["name", "children"]},
            "Loop": {"$ref": "#/components/schemas/Loop"}
        }}});
        for (schema, expected) in [
            (
                json!({"type": "object", "properties": {"data": {"allOf": [{"type": "object", "properties": {"current": {"enum": ["live"]}}, "required": ["current"]}, {"$ref": "#/components/schemas/State"}]}}, "required": ["data"]}),
                json!({"data": {"current": "live", "changed": "2026-01-01T00:00:00Z"}}),
            ),
            (json!({"$ref": "#/components/schemas/Tree"}), json!({"name": "name", "children": []})),
            (json!({"$ref": "#/components/schemas/Loop"}), Value::Null),
            (json!({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]}), json!(3)),
            (json!({"type": ["null", "boolean"]}), json!(true)),
            (json!({"type": "array", "items": {"type": "string", "default": "x"}}), json!(["x"])),
            (
                json!({"type": "object", "properties": {"tags": {"type": "object", "additionalProperties": {"type": "string"}}}}),
                json!({"tags": {"tags": "tags"}}),
            ),
        ] {
            assert_eq!(sample(&schema, &document), expected, "{schema}");
        }
    }

    #[test]
    fn ends_where_inline_schemas_go_on() {
        let list = |inner: Value| json!({"type": "array", "items": inner});
        let deep = (0..100).fold(json!({"type": "string"}), |inner, _| list(inner));
        assert!(sample(&deep, &Value::Null).to_string().len() < 100);
    }
}
