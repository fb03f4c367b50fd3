//! Checks one endpoint of a declaration.

use indexmap::IndexMap;
use serde_json::Value;

use super::{error, global, param};
use crate::protocol::declaration;
use crate::protocol::error::{Diagnostics, join};
use crate::protocol::names::suggestion;
use crate::protocol::param::{Param, Type, article_of};
use crate::protocol::path::Path;
use crate::protocol::secret::SecretPath;
use crate::protocol::shape::Shape;
use crate::protocol::types::{Body, Endpoint, Protocol, Success};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The message of a success, unless declared.
const DEFAULT_SUCCESS: &str = "{results}";

/// Checks an endpoint.
pub(super) fn compile(
    protocol: &Protocol,
    group: &str,
    name: &str,
    declared: declaration::Endpoint,
    diagnostics: &mut Diagnostics,
) -> Endpoint {
    let place = join(group, name);
    let at = |key: &str| join(&place, key);
    if declared.description.trim().is_empty() {
        diagnostics.add(at("description"), "is empty");
    }
    let params = param::compile_all(declared.params, &at("params"), diagnostics);
    for name in params.keys().filter(|name| protocol.params.contains_key(*name)) {
        diagnostics.add(join(&at("params"), name), "is a global param already");
    }
    for (name, _) in params.iter().filter(|(_, param)| param.env.is_some()) {
        diagnostics.add(
            join(&at("params"), &format!("{name}.env")),
            "only a global param can be taken from an environment variable",
        );
    }
    let all: IndexMap<&str, &Param> =
        params.iter().chain(protocol.shared_params()).map(|(name, param)| (name.as_str(), param)).collect();
    let path = path(&declared.path, &at("path"), &all, diagnostics);
    let method = declared.request.method;
    if !METHODS.contains(&method.as_str()) {
        let near = suggestion(&method, METHODS);
        diagnostics
            .add(at("request.method"), format!("{method:?} is not one of {}{near}", METHODS.join(", ")));
    }
    let body = body(declared.request.body, &at("request.body"), &all, diagnostics);
    if body != Body::None && matches!(method.as_str(), "GET" | "HEAD") {
        diagnostics.add(at("request.body"), format!("a {method} request has no body"));
    }
    let basic = declared.request.basic;
    check_basic(basic.as_ref(), protocol, &at("request"), &all, diagnostics);

    let status =
        success_status(declared.response.success.as_ref(), &at("response.success.status"), diagnostics);
    let shown =
        |field: &str| all.get(field).is_some_and(|param| !param.secret) || field == "host" || field == "port";
    let msg = declared.msg.unwrap_or_else(|| declared.description.replace('{', "{{").replace('}', "}}"));
    let success_msg = declared.response.success.and_then(|success| success.msg);
    let success = Success {
        status,
        msg: error::template(
            success_msg.as_deref().unwrap_or(DEFAULT_SUCCESS),
            &at("response.success.msg"),
            &|field| shown(field) || field == "results",
            diagnostics,
        ),
    };
    let known = |field: &str| shown(field) || global::is_fact(field, &protocol.fields);
    let errors =
        error::compile_all(declared.response.error, &at("response.error"), status, &known, diagnostics);
    let shape = declared.response.body.map(|source| {
        let place = at("response.body");
        let shape = Shape::read(&source, &place, diagnostics);
        shape.check_names(&place, &protocol.shapes, diagnostics);
        if let Some(key) = protocol.results.as_ref().filter(|key| !shape.may_have(key, &protocol.shapes)) {
            diagnostics
                .add(place, format!("has no {key}, the key of the results by global.response.results"));
        }
        shape
    });
    Endpoint {
        msg: error::template(&msg, &at("msg"), &shown, diagnostics),
        secret: secret(&declared.response.secret, &at("response.secret"), diagnostics),
        group: group.to_owned(),
        name: name.to_owned(),
        description: declared.description,
        method,
        path,
        authorized: declared.request.authorized,
        body,
        basic,
        shape,
        errors,
        success,
        params,
    }
}

/// The status of success, or `None` for any from 200 to 299.
fn success_status(
    declared: Option<&declaration::Success>,
    place: &str,
    diagnostics: &mut Diagnostics,
) -> Option<u16> {
    match declared.and_then(|success| success.status.as_ref()) {
        None => Some(200),
        Some(Value::String(any)) if any == "2xx" => None,
        Some(status) => {
            let number = status.as_u64().and_then(|status| u16::try_from(status).ok());
            if !number.is_some_and(|status| (100..=599).contains(&status)) {
                diagnostics.add(place, "is neither an HTTP status nor \"2xx\"");
            }
            number
        }
    }
}

fn path(source: &str, place: &str, params: &IndexMap<&str, &Param>, diagnostics: &mut Diagnostics) -> Path {
    let path = Path::parse(source).unwrap_or_else(|fault| {
        diagnostics.add(place, fault);
        Path::parse("/").unwrap_or_else(|_| unreachable!("/ is a path"))
    });
    let mut seen = Vec::new();
    for name in path.params() {
        match params.get(name) {
            None => {
                let near = suggestion(name, params.keys().copied());
                diagnostics.add(place, format!("{{{name}}} is not declared in params{near}"));
            }
            Some(param) if param.kind == Type::Json => {
                diagnostics.add(place, format!("{{{name}}} is of type JSON, which a path cannot contain"));
            }
            Some(param) if !param.required && param.default.is_none() && path.last_param() != Some(name) => {
                diagnostics.add(place, format!("{{{name}}} is optional and is not the whole last segment"));
            }
            Some(_) => {}
        }
        if seen.contains(&name) {
            diagnostics.add(place, format!("{{{name}}} appears twice"));
        }
        seen.push(name);
    }
    path
}

fn body(
    source: Option<Value>,
    place: &str,
    params: &IndexMap<&str, &Param>,
    diagnostics: &mut Diagnostics,
) -> Body {
    let mut check = |name: &str, place: String| {
        if !params.contains_key(name) {
            let near = suggestion(name, params.keys().copied());
            diagnostics.add(place, format!("{name:?} is not declared in params{near}"));
        }
    };
    match source {
        None => Body::None,
        Some(Value::String(name)) => {
            check(&name, place.to_owned());
            Body::Whole(name)
        }
        Some(Value::Array(items)) => {
            let mut names: Vec<String> = Vec::new();
            for (at, item) in items.into_iter().enumerate() {
                let place = join(place, &format!("[{at}]"));
                match item {
                    Value::String(name) => {
                        check(&name, place);
                        names.push(name);
                    }
                    other => check(&other.to_string(), place),
                }
            }
            if names.is_empty() { Body::None } else { Body::Fields(names) }
        }
        Some(other) => {
            diagnostics.add(
                place,
                format!("is an Array of param names or one param name, not {}", article_of(&other)),
            );
            Body::None
        }
    }
}

fn check_basic(
    basic: Option<&[String; 2]>,
    protocol: &Protocol,
    place: &str,
    params: &IndexMap<&str, &Param>,
    diagnostics: &mut Diagnostics,
) {
    let Some(pair) = basic else { return };
    if protocol.credential.header == "authorization" {
        diagnostics
            .add(join(place, "basic"), "cannot be used: the credential needs the header authorization too");
    }
    for (at, name) in pair.iter().enumerate() {
        if !params.get(name.as_str()).is_some_and(|param| param.kind == Type::String && param.required) {
            diagnostics.add(
                join(place, &format!("basic[{at}]")),
                format!("{name:?} is not a required param of type String"),
            );
        }
    }
}

fn secret(sources: &[String], place: &str, diagnostics: &mut Diagnostics) -> Vec<SecretPath> {
    let mut paths = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        match SecretPath::parse(source) {
            Ok(path) => paths.push(path),
            Err(fault) => diagnostics.add(join(place, &format!("[{at}]")), fault),
        }
    }
    paths
}
