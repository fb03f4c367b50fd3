//! Checks what a request gives to its operation: params and body.

use serde_json::{Map, Value, json};

use super::api_error::ApiError;
use super::declaration::Operation;
use super::request::Request;
use super::schema::Checker;
use crate::protocol::value::escape;

/// Checks the params of a request. A missing one is reported before one with a wrong value.
pub(super) fn check_params(
    operation: &Operation,
    path: &Map<String, Value>,
    request: &Request,
    checker: Checker<'_>,
) -> Result<(), ApiError> {
    let mut wrong = None;
    for param in &operation.params {
        let header = request.header(&param.name.to_ascii_lowercase()).map(Value::from);
        let given = match param.place.as_str() {
            "query" => request.query.get(&param.name),
            "path" => path.get(&param.name),
            "header" => header.as_ref(),
            _ => continue,
        };
        let pointer = format!("/{}/{}", param.place, escape(&param.name));
        let Some(given) = given else {
            if param.required {
                let detail = format!("the {} parameter {} is missing", param.place, param.name);
                return Err(ApiError::new("missing-argument").at(pointer).detail(detail));
            }
            continue;
        };
        if wrong.is_none()
            && let Some(error) = checker.check(&typed(given, &param.schema, checker), &param.schema)
        {
            let detail = format!("the {} parameter {} {}", param.place, param.name, error.detail);
            wrong = Some(ApiError::new("invalid-argument").at(pointer).detail(detail));
        }
    }
    wrong.map_or(Ok(()), Err)
}

/// Converts a parameter's text to the type in its schema. A text that is not of that type stays as it is.
fn typed(given: &Value, schema: &Value, checker: Checker<'_>) -> Value {
    let schema = checker.lookup(schema).unwrap_or(schema);
    match (schema.get("type").and_then(Value::as_str), given) {
        (Some("integer" | "number" | "boolean"), Value::String(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| given.clone())
        }
        (Some("array"), Value::String(_)) => json!([given]),
        _ => given.clone(),
    }
}

/// Reads the body that an operation takes, and checks it.
pub(super) fn read_body(
    operation: &Operation,
    request: &Request,
    checker: Checker<'_>,
) -> Result<Option<Value>, ApiError> {
    let Some(declared) = &operation.body else { return Ok(None) };
    if request.body.is_empty() {
        if declared.required {
            return Err(ApiError::new("missing-argument").at("").detail("the request has no body"));
        }
        return Ok(None);
    }
    if let Some(kind) = request.header("content-type").filter(|kind| !is_json(kind)) {
        let detail = format!("the body must be application/json, not {kind}");
        return Err(ApiError::new("wrong-content-type").detail(detail));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|cause| ApiError::new("invalid-syntax").detail(format!("the body is not JSON: {cause}")))?;
    match checker.check(&body, &declared.schema) {
        None => Ok(Some(body)),
        Some(error) => {
            let case = if error.missing { "missing-argument" } else { "invalid-argument" };
            let place = if error.pointer.is_empty() { "the body" } else { &error.pointer };
            let detail = format!("{place} {}", error.detail);
            Err(ApiError::new(case).at(error.pointer.clone()).detail(detail))
        }
    }
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}
