//! Params: their types, and which values they accept.

use serde::Serialize;
use serde_json::Value;

use super::date::is_date;
use super::names::suggestion;

/// The type of a param, or of a field of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Type {
    /// Text.
    String,
    /// A finite number.
    Number,
    /// True or false.
    Boolean,
    /// A date, as ISO 8601 text in JSON.
    Date,
    /// Any JSON value.
    #[serde(rename = "JSON")]
    Json,
}

/// The error message for a word that is not the name of a type, with the most similar type.
pub(super) fn no_type(name: &str) -> String {
    let near = suggestion(name, ["String", "Number", "Boolean", "Date", "JSON"]);
    format!("{name:?} is not a type; the types are String, Number, Boolean, Date and JSON{near}")
}

impl Type {
    /// The type with a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "String" => Self::String,
            "Number" => Self::Number,
            "Boolean" => Self::Boolean,
            "Date" => Self::Date,
            "JSON" => Self::Json,
            _ => return None,
        })
    }

    /// The name, with its article: "a Number".
    fn article(self) -> &'static str {
        match self {
            Self::String => "a String",
            Self::Number => "a Number",
            Self::Boolean => "a Boolean",
            Self::Date => "a Date",
            Self::Json => "JSON",
        }
    }

    /// Checks a value. Fails with what is wrong: "must be a Number, not a String".
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        let fits = match (self, value) {
            (Self::Json, _)
            | (Self::String, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Date, Value::String(text)) => {
                if !is_date(text.as_bytes()) {
                    return Err("must be a date such as 2016-03-01T10:20:30Z".to_owned());
                }
                true
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("must be {}, not {}", self.article(), article_of(value))) }
    }

    /// Reads a value from the text of a command line or a query. Fails with what is wrong: "must be a number".
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::String | Self::Date => Value::String(text.to_owned()),
            Self::Boolean => match text {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err("must be true or false".to_owned()),
            },
            Self::Number => {
                let number: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_number);
                number.ok_or_else(|| "must be a number".to_owned())?
            }
            Self::Json => serde_json::from_str(text).map_err(|error| format!("must be JSON: {error}"))?,
        };
        self.check(&value).map(|()| value)
    }
}

/// The type of a JSON value, with its article: "an Array".
pub(super) fn article_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a Boolean",
        Value::Number(_) => "a Number",
        Value::String(_) => "a String",
        Value::Array(_) => "an Array",
        Value::Object(_) => "an Object",
    }
}

/// Writes a value for a path or a query.
pub(super) fn wire_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A param of an endpoint or of every call.
#[derive(Debug, Clone)]
pub struct Param {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) description: String,
    pub(super) required: bool,
    pub(super) values: Vec<Value>,
    pub(super) default: Option<Value>,
    pub(super) env: Option<String>,
    pub(super) secret: bool,
    pub(super) example: Option<Value>,
}

impl Param {
    /// Checks a value that a call gives.
    ///
    /// # Errors
    /// What is wrong with it: "must be a Number, not a String".
    pub fn check(&self, value: &Value) -> Result<(), String> {
        self.kind.check(value)?;
        if self.values.is_empty() || self.values.contains(value) {
            return Ok(());
        }
        let values: Vec<String> = self.values.iter().map(wire_text).collect();
        Err(format!("must be one of {}", values.join(", ")))
    }

    /// Reads a value from the text of a command line or a query.
    ///
    /// # Errors
    /// What is wrong with the text: "must be true or false".
    pub fn read(&self, text: &str) -> Result<Value, String> {
        let value = self.kind.read(text)?;
        self.check(&value).map(|()| value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn checks_values() {
        let types = [Type::String, Type::Number, Type::Boolean, Type::Date, Type::Json];
        for (value, fitting) in [
            (json!("x"), vec![Type::String, Type::Json]),
            (json!("2016-03-01"), vec![Type::String, Type::Date, Type::Json]),
            (json!(1.5), vec![Type::Number, Type::Json]),
            (json!(true), vec![Type::Boolean, Type::Json]),
            (json!(null), vec![Type::Json]),
            (json!({}), vec![Type::Json]),
            (json!([]), vec![Type::Json]),
        ] {
            let found: Vec<Type> = types.into_iter().filter(|kind| kind.check(&value).is_ok()).collect();
            assert_eq!(found, fitting, "{value}");
        }
        assert_eq!(Type::Number.check(&json!("1")).unwrap_err(), "must be a Number, not a String");
        assert_eq!(Type::String.check(&json!(null)).unwrap_err(), "must be a String, not null");
        assert_eq!(Type::Date.check(&json!("x")).unwrap_err(), "must be a date such as 2016-03-01T10:20:30Z");
    }

    #[test]
    fn reads_text() {
        assert_eq!(Type::Number.read("30").unwrap(), json!(30));
        assert_eq!(Type::Number.read("-1.5e3").unwrap(), json!(-1500.0));
        assert_eq!(Type::Boolean.read("false").unwrap(), json!(false));
        assert_eq!(Type::String.read("30").unwrap(), json!("30"));
        assert_eq!(Type::Date.read("2016-03-01").unwrap(), json!("2016-03-01"));
        assert_eq!(Type::Json.read("{\"a\":[1]}").unwrap(), json!({"a": [1]}));
        for (kind, text) in [
            (Type::Number, "NaN"),
            (Type::Number, "1e999"),
            (Type::Number, "0x10"),
            (Type::Number, ""),
            (Type::Number, "\"1\""),
            (Type::Boolean, "yes"),
            (Type::Date, "soon"),
            (Type::Json, "{"),
        ] {
            assert!(kind.read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keeps_to_the_declared_values() {
        let param = Param {
            name: "scope".to_owned(),
            kind: Type::String,
            description: String::new(),
            required: true,
            values: vec![json!("hub"), json!("container")],
            default: None,
            env: None,
            secret: false,
            example: None,
        };
        assert_eq!(param.read("hub").unwrap(), json!("hub"));
        assert_eq!(param.read("huh").unwrap_err(), "must be one of hub, container");
    }
}
