//! The environment metadata file: reading it, and checking its shape.

use std::path::Path;
use std::sync::LazyLock;
use std::{fs, io};

use serde::Deserialize;
use serde_json::Value;

/// Reads the file as text. Like `fs.readFile` with `utf8`, it replaces invalid UTF-8 by U+FFFD.
///
/// # Errors
/// The system error and the call that failed: `open` or `read`.
pub fn read(path: &Path) -> Result<String, (io::Error, &'static str)> {
    use io::Read as _;
    let mut file = fs::File::open(path).map_err(|error| (error, "open"))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| (error, "read"))?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|invalid| String::from_utf8_lossy(invalid.as_bytes()).into_owned()))
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Boolean,
    Integer,
    Object,
    String,
}

/// The type that a field must have.
#[derive(Deserialize)]
struct Rule {
    /// The names of the fields that lead to it, separated by dots; `*` stands for any name.
    path: String,
    kind: Kind,
    nullable: bool,
    /// Whether the field may be absent.
    optional: bool,
}

/// The declared shape, generated from `protocol/`. Fields of an absent or null parent are not checked.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../generated/environment-metadata-rules.json"))
        .expect("generated, and read by a test")
});

/// A field that is not as declared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}, found {found}")]
pub struct Error {
    path: String,
    expected: String,
    found: &'static str,
}

/// Checks parsed content against the declared shape. Additional fields are allowed.
///
/// # Errors
/// The first field that is not as declared.
pub fn check(content: &Value) -> Result<(), Error> {
    if !content.is_object() {
        return Err(Error {
            path: "(root)".into(),
            expected: "an object".into(),
            found: describe(Some(content)),
        });
    }
    RULES.iter().try_for_each(|rule| {
        let segments: Vec<&str> = rule.path.split('.').collect();
        check_rule(content, &segments, "", rule).map_or(Ok(()), Err)
    })
}

fn check_rule(parent: &Value, segments: &[&str], walked: &str, rule: &Rule) -> Option<Error> {
    let (segment, rest) = segments.split_first()?;
    let fields = parent.as_object()?;
    let names: Vec<&str> = match *segment {
        "*" => fields.keys().map(String::as_str).collect(),
        name => vec![name],
    };
    names.into_iter().find_map(|name| {
        let path = if walked.is_empty() { name.to_owned() } else { format!("{walked}.{name}") };
        let value = fields.get(name);
        if !rest.is_empty() {
            return check_rule(value?, rest, &path, rule);
        }
        let &Rule { kind, nullable, optional, .. } = rule;
        let fits = match (value, kind) {
            (None, _) => optional,
            (Some(Value::Null), _) => nullable,
            (Some(value), Kind::Boolean) => value.is_boolean(),
            (Some(value), Kind::Integer) => value.is_i64() || value.is_u64(),
            (Some(value), Kind::Object) => value.is_object(),
            (Some(value), Kind::String) => value.is_string(),
        };
        (!fits).then(|| Error { path, expected: expectation(kind, nullable), found: describe(value) })
    })
}

fn expectation(kind: Kind, nullable: bool) -> String {
    let name = match kind {
        Kind::Boolean => "a boolean",
        Kind::Integer => "an integer",
        Kind::Object => "an object",
        Kind::String => "a string",
    };
    format!("{name}{}", if nullable { " or null" } else { "" })
}

fn describe(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Value {
        json!({
            "id": "65a0c0ffee00000000000001",
            "deployments": null,
            "private_network": {
                "vxlan_tag": 7, "subnet": "a1", "ipv6": { "ip": "fd00::1", "cidr": "fd00::1/64" }, "legacy": null
            },
            "services": { "loadbalancer": { "enable": true, "container_id": null, "high_availability": false } }
        })
    }

    #[test]
    fn the_declared_shape_passes_with_more_fields_than_declared() {
        let mut content = sample();
        content["added_later"] = json!(1);
        content["services"]["added_later"] = json!({ "state": "new" });
        assert_eq!(check(&content), Ok(()));
    }

    #[test]
    fn an_error_names_its_place() {
        let mut content = sample();
        content["services"]["loadbalancer"]["enable"] = json!("yes");
        assert_eq!(
            check(&content).unwrap_err().to_string(),
            "services.loadbalancer.enable: expected a boolean, found a string"
        );
        content = sample();
        content["private_network"].as_object_mut().unwrap().remove("legacy");
        let text = check(&content).unwrap_err().to_string();
        assert_eq!(text, "private_network.legacy: expected an object or null, found nothing");
        content = sample();
        content["deployments"] = json!({ "tags": { "live": 1 } });
        assert!(check(&content).unwrap_err().to_string().starts_with("deployments.tags.live: "));
        assert_eq!(check(&json!([])).unwrap_err().to_string(), "(root): expected an object, found an array");
    }

    #[test]
    fn reading_says_which_call_failed() {
        let (error, call) = read(Path::new("/nonexistent/environment.json")).unwrap_err();
        assert_eq!((error.kind(), call), (io::ErrorKind::NotFound, "open"));
        let (error, call) = read(Path::new("/")).unwrap_err();
        assert_eq!((error.raw_os_error(), call), (Some(libc::EISDIR), "read"));
    }
}
