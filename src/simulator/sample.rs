//! A value of the shape that a schema asks for, for operations that nothing else answers.

use serde_json::{Map, Value, json};

use super::schema::Checker;
use super::template::merge;

/// How deep optional parts are followed; required ones are followed four times as deep.
const DEPTH: usize = 4;

/// Makes a value that the schema accepts. Examples, defaults and constants of the schema are used where there are any.
pub(crate) fn sample(schema: &Value, document: &Value) -> Value {
    make(schema, Checker::new(document), 0)
}

fn make(schema: &Value, checker: Checker<'_>, depth: usize) -> Value {
    let schema = resolved(schema, checker);
    for key in ["example", "default", "const"] {
        if let Some(value) = schema.get(key) {
            return value.clone();
        }
    }
    if let Some(value) = schema.pointer("/examples/0").or_else(|| schema.pointer("/enum/0")) {
        return value.clone();
    }
    if depth > DEPTH * 4 {
        return Value::Null;
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = own(&schema, checker, depth);
        for part in parts {
            let part = make(part, checker, depth + 1);
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
            let choice = choices.iter().find(|choice| choice.get("type") != Some(&json!("null")));
            return choice.map_or(Value::Null, |choice| make(choice, checker, depth + 1));
        }
    }
    own(&schema, checker, depth)
}

fn resolved(schema: &Value, checker: Checker<'_>) -> Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(name) => {
            let reference = json!({ "$ref": name });
            checker.lookup(&reference).cloned().unwrap_or(Value::Null)
        }
        None => schema.clone(),
    }
}

/// A value of the schema's own type.
fn own(schema: &Value, checker: Checker<'_>, depth: usize) -> Value {
    let types = schema.get("type");
    let kind = match types {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        Some(one) => one.as_str(),
        None if schema.get("properties").is_some() => Some("object"),
        None => None,
    };
    match kind {
        Some("string") => json!(string(schema.get("format").and_then(Value::as_str))),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(true),
        Some("array") => Value::Array(
            schema
                .get("items")
                .filter(|_| depth < DEPTH)
                .map(|items| make(items, checker, depth + 1))
                .into_iter()
                .collect(),
        ),
        Some("object") => object(schema, checker, depth),
        _ => Value::Null,
    }
}

fn object(schema: &Value, checker: Checker<'_>, depth: usize) -> Value {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut fields = Map::new();
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if depth < DEPTH || required.contains(&name.as_str()) {
            fields.insert(name.clone(), make(field, checker, depth + 1));
        }
    }
    Value::Object(fields)
}

fn string(format: Option<&str>) -> &'static str {
    match format {
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("date") => "2026-01-01",
        Some("objectid") => "65f000000000000000000000",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("uri") => "https://example.com/",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_what_the_checker_accepts() {
        let document = json!({"components": {"schemas": {
            "Time": {"type": "string", "format": "date-time"},
            "State": {"type": "object", "properties": {"changed": {"$ref": "#/components/schemas/Time"}}, "required": ["changed"]},
            "Tree": {"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}, "required": ["name", "children"]}
        }}});
        for schema in [
            json!({"type": "object", "properties": {"data": {"allOf": [{"type": "object", "properties": {"current": {"enum": ["live"]}}, "required": ["current"]}, {"$ref": "#/components/schemas/State"}]}}, "required": ["data"]}),
            json!({"$ref": "#/components/schemas/Tree"}),
            json!({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]}),
            json!({"type": ["null", "boolean"]}),
            json!({"type": "array", "items": {"type": "string", "default": "x"}}),
        ] {
            let value = sample(&schema, &document);
            assert_eq!(Checker::new(&document).check(&value, &schema), None, "{schema} gave {value}");
        }
    }
}
