//! Checks JSON against schemas. Supports the part of JSON Schema that API declarations use.

use serde_json::{Map, Value};

use crate::protocol::value::escape;

/// What is wrong with a value, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidationError {
    /// JSON pointer to the wrong or missing value.
    pub(crate) pointer: String,
    /// Whether a required value is missing.
    pub(crate) missing: bool,
    /// What is wrong, such as "must be integer, not string".
    pub(crate) detail: String,
}

/// Checks values against schemas. References are looked up in `document`.
#[derive(Clone, Copy)]
pub(crate) struct Checker<'a> {
    document: &'a Value,
}

/// Depth from which nothing is checked any more, because a schema can refer to itself.
const DEPTH: usize = 64;

impl<'a> Checker<'a> {
    pub(crate) fn new(document: &'a Value) -> Self {
        Self { document }
    }

    /// The first error of the value; missing values are reported before wrong ones.
    pub(crate) fn check(self, value: &Value, schema: &Value) -> Option<ValidationError> {
        let mut errors = Vec::new();
        self.walk(value, schema, "", DEPTH, &mut errors);
        let missing = errors.iter().position(|error| error.missing).unwrap_or(0);
        (!errors.is_empty()).then(|| errors.swap_remove(missing))
    }

    /// Follows a reference, and further ones, to a schema. `None` when `schema` is not a reference, or leads nowhere.
    pub(crate) fn lookup(self, schema: &Value) -> Option<&'a Value> {
        let mut found = self.reference(schema.get("$ref")?.as_str()?)?;
        for _ in 0..DEPTH {
            match found.get("$ref").and_then(Value::as_str) {
                Some(name) => found = self.reference(name)?,
                None => return Some(found),
            }
        }
        None
    }

    fn reference(self, name: &str) -> Option<&'a Value> {
        self.document.pointer(name.strip_prefix('#')?)
    }

    fn walk(self, value: &Value, schema: &Value, at: &str, depth: usize, errors: &mut Vec<ValidationError>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let mut wrong = |detail: String| {
            errors.push(ValidationError { pointer: at.into(), missing: false, detail });
        };
        if let Some(types) = schema.get("type").filter(|types| !allows(types, value)) {
            return wrong(format!("must be {}, not {}", type_names(types), type_of(value)));
        }
        if let Some(known) =
            schema.get("enum").and_then(Value::as_array).filter(|known| !known.contains(value))
        {
            let known: Vec<_> = known.iter().map(Value::to_string).collect();
            return wrong(format!("must be one of {}", known.join(", ")));
        }
        if schema.get("const").is_some_and(|only| only != value) {
            return wrong(format!("must be {}", schema["const"]));
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|name| self.reference(name))
        {
            self.walk(value, target, at, depth, errors);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.walk(value, part, at, depth, errors);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(choices) = schema.get(key).and_then(Value::as_array) {
                self.choose(value, schema, choices, at, depth, errors);
            }
        }
        if let Value::Object(fields) = value {
            self.walk_object(fields, schema, at, depth, errors);
        }
        if let (Value::Array(items), Some(schema)) = (value, schema.get("items")) {
            for (index, item) in items.iter().enumerate() {
                self.walk(item, schema, &format!("{at}/{index}"), depth, errors);
            }
        }
    }

    fn walk_object(
        self,
        fields: &Map<String, Value>,
        schema: &Value,
        at: &str,
        depth: usize,
        errors: &mut Vec<ValidationError>,
    ) {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if let Some(name) = name.as_str().filter(|name| !fields.contains_key(*name)) {
                let detail = "is missing".into();
                errors.push(ValidationError {
                    pointer: format!("{at}/{}", escape(name)),
                    missing: true,
                    detail,
                });
            }
        }
        let properties = schema.get("properties");
        for (name, value) in fields {
            let declared = properties.and_then(|properties| properties.get(name));
            let pointer = format!("{at}/{}", escape(name));
            match declared.or_else(|| schema.get("additionalProperties")) {
                Some(Value::Bool(false)) => {
                    errors.push(ValidationError {
                        pointer,
                        missing: false,
                        detail: "is not a known field".into(),
                    });
                }
                Some(schema) => self.walk(value, schema, &pointer, depth, errors),
                None => {}
            }
        }
    }

    /// Checks against `oneOf` or `anyOf`: the schema that the discriminator selects, or any that accepts the value.
    fn choose(
        self,
        value: &Value,
        schema: &Value,
        choices: &[Value],
        at: &str,
        depth: usize,
        errors: &mut Vec<ValidationError>,
    ) {
        if let Some(name) = schema.pointer("/discriminator/propertyName").and_then(Value::as_str) {
            let Value::Object(fields) = value else {
                let detail = format!("must be object, not {}", type_of(value));
                return errors.push(ValidationError { pointer: at.into(), missing: false, detail });
            };
            let Some(tag) = fields.get(name) else {
                let pointer = format!("{at}/{}", escape(name));
                return errors.push(ValidationError { pointer, missing: true, detail: "is missing".into() });
            };
            let target = tag
                .as_str()
                .and_then(|tag| schema.pointer("/discriminator/mapping")?.get(tag)?.as_str())
                .and_then(|target| self.reference(target));
            return match target {
                Some(target) => self.walk(value, target, at, depth, errors),
                None => errors.push(ValidationError {
                    pointer: format!("{at}/{}", escape(name)),
                    missing: false,
                    detail: format!("{tag} is not a known value"),
                }),
            };
        }
        let mut closest: Option<Vec<ValidationError>> = None;
        for choice in choices {
            let mut found = Vec::new();
            self.walk(value, choice, at, depth, &mut found);
            if found.is_empty() {
                return;
            }
            if closest.as_ref().is_none_or(|closest| depth_of(&found) > depth_of(closest)) {
                closest = Some(found);
            }
        }
        errors.extend(closest.into_iter().flatten());
    }
}

/// How deep in the value the errors are. Of several schemas that refuse a value, the one with the deepest errors was
/// most likely meant.
fn depth_of(errors: &[ValidationError]) -> usize {
    errors.iter().map(|error| error.pointer.matches('/').count()).min().unwrap_or(0)
}

fn allows(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("integer") => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        Some("number") => value.is_number(),
        Some(name) => type_of(value) == name,
        None => true,
    };
    types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn type_names(types: &Value) -> String {
    match types {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        other => other.as_str().unwrap_or("anything").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::sample::sample;

    fn document() -> Value {
        json!({"components": {"schemas": {
            "Start": {"type": "object", "properties": {"action": {"enum": ["start"]}, "contents": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}}, "required": ["action", "contents"]},
            "Stop": {"type": "object", "properties": {"action": {"enum": ["stop"]}}, "required": ["action"]},
            "Task": {
                "oneOf": [{"$ref": "#/components/schemas/Start"}, {"$ref": "#/components/schemas/Stop"}],
                "discriminator": {"propertyName": "action", "mapping": {"start": "#/components/schemas/Start", "stop": "#/components/schemas/Stop"}}
            },
            "Loop": {"$ref": "#/components/schemas/Loop"}
        }}})
    }

    fn error(value: &Value, schema: &Value) -> Option<(String, bool, String)> {
        Checker::new(&document()).check(value, schema).map(|f| (f.pointer, f.missing, f.detail))
    }

    #[test]
    fn names_the_missing_field_first() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b/c": {}}, "required": ["a", "b/c"]});
        assert_eq!(error(&json!({"a": "x"}), &schema), Some(("/b~1c".into(), true, "is missing".into())));
        assert_eq!(
            error(&json!({"a": "x", "b/c": 0}), &schema),
            Some(("/a".into(), false, "must be integer, not string".into()))
        );
        assert_eq!(error(&json!({"a": 1.0, "b/c": 0}), &schema), None);
    }

    #[test]
    fn follows_the_discriminator() {
        let schema = json!({"$ref": "#/components/schemas/Task"});
        assert_eq!(error(&json!({"action": "stop"}), &schema), None);
        assert_eq!(error(&json!({}), &schema), Some(("/action".into(), true, "is missing".into())));
        assert_eq!(
            error(&json!({"action": "start", "contents": {}}), &schema),
            Some(("/contents/id".into(), true, "is missing".into()))
        );
        assert_eq!(
            error(&json!("stop"), &schema),
            Some((String::new(), false, "must be object, not string".into()))
        );
        assert_eq!(
            error(&json!({"action": "dance"}), &schema),
            Some(("/action".into(), false, "\"dance\" is not a known value".into()))
        );
    }

    #[test]
    fn reports_the_choice_that_came_closest() {
        let schema = json!({"anyOf": [{"type": "null"}, {"type": "object", "required": ["x"]}]});
        assert_eq!(error(&Value::Null, &schema), None);
        assert_eq!(error(&json!({}), &schema).unwrap().0, "/x");
    }

    #[test]
    fn checks_items_maps_enums_and_nullable_types() {
        let schema = json!({"type": "array", "items": {"type": ["string", "null"]}});
        assert_eq!(error(&json!(["a", null]), &schema), None);
        assert_eq!(error(&json!(["a", 1]), &schema).unwrap().0, "/1");
        let schema = json!({"type": "object", "additionalProperties": {"enum": ["a"]}});
        assert_eq!(
            error(&json!({"k": "b"}), &schema),
            Some(("/k".into(), false, "must be one of \"a\"".into()))
        );
        let schema = json!({"type": "object", "additionalProperties": false});
        assert_eq!(error(&json!({"k": 1}), &schema).unwrap().2, "is not a known field");
        assert_eq!(error(&json!(true), &json!({"const": false})).unwrap().2, "must be false");
        assert_eq!(
            error(&json!({"a": 1}), &json!({"allOf": [{"required": ["a"]}, {"required": ["b"]}]})).unwrap().0,
            "/b"
        );
    }

    #[test]
    fn gives_up_on_an_endless_reference() {
        assert_eq!(error(&json!(1), &json!({"$ref": "#/components/schemas/Loop"})), None);
    }

    #[test]
    fn accepts_samples_of_every_declared_success() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let operations = read(include_str!("../../generated/operations.json"));
        let document = read(include_str!("../../generated/openapi.json"));
        for operation in operations.as_array().unwrap() {
            let schema = &operation["success"]["schema"];
            let value = sample(schema, &document);
            assert_eq!(Checker::new(&document).check(&value, schema), None, "{operation} gave {value}");
        }
    }
}
