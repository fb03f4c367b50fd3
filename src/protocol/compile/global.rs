//! Checks the part of a declaration that holds for every endpoint, and adds the built-in params and errors.

use indexmap::IndexMap;
use serde_json::Value;

use super::{error, param};
use crate::protocol::declaration;
use crate::protocol::declared_error::Code;
use crate::protocol::error::{Diagnostics, join};
use crate::protocol::param::{Param, Type};
use crate::protocol::router::Router;
use crate::protocol::shape::{Shape, Shapes};
use crate::protocol::types::{Credential, HOST, PORT, Protocol, SOCKET_PATH};

/// The params and errors that every protocol has, unless it declares them itself.
const DEFAULTS: &str = include_str!("../../../protocol/defaults.json");

/// The fields of an error answer's body, unless declared.
const DEFAULT_FIELDS: [&str; 2] = ["type", "error"];

/// What error messages can show besides params and the fields of the answer.
const FACTS: [&str; 5] = ["name", "error", "host", "port", "status"];

/// Checks the global part and makes a protocol that has no endpoints yet.
pub(super) fn compile(global: declaration::Global, diagnostics: &mut Diagnostics) -> Protocol {
    let credential = credential(global.request.credential, diagnostics);
    let params = params(global.params, &credential, diagnostics);
    let fields = fields(global.response.fields, diagnostics);
    let known = |field: &str| {
        is_fact(field, &fields)
            || params.get(field).is_some_and(|param| !param.secret && *field != *credential.param)
    };
    let place = "global.response.error";
    let mut errors = error::compile_all(global.response.error, place, None, &known, diagnostics);
    for (name, built_in) in error::compile_all(built_in().response.error, place, None, &known, diagnostics) {
        errors.entry(name).or_insert(built_in);
    }
    // Unless it has a declared code, `unauthorized` is the error of every answer with its status.
    if let Some(unauthorized) = errors.get_mut("unauthorized").filter(|error| error.status.is_some())
        && unauthorized.codes == [Code::Exact(unauthorized.name.clone())]
    {
        unauthorized.codes.push(Code::Any);
    }
    Protocol {
        name: global.name,
        description: global.description,
        params,
        credential,
        errors,
        fields,
        results_shape: global.response.results.as_deref().map(Shape::of_results),
        results: global.response.results,
        shapes: shapes(&global.response.shapes, diagnostics),
        groups: IndexMap::new(),
        router: Router::default(),
    }
}

/// Whether the messages of all errors can show this field.
pub(super) fn is_fact(field: &str, fields: &IndexMap<String, Vec<String>>) -> bool {
    FACTS.contains(&field) || fields.contains_key(field)
}

fn built_in() -> declaration::Global {
    serde_json::from_str(DEFAULTS).unwrap_or_else(|error| unreachable!("protocol/defaults.json: {error}"))
}

fn credential(declared: Option<declaration::Credential>, diagnostics: &mut Diagnostics) -> Credential {
    let Some(declaration::Credential { param, header }) = declared else {
        return Credential { param: "api-key".to_owned(), header: "authorization".to_owned() };
    };
    if http::HeaderName::from_bytes(header.as_bytes()).is_err() {
        diagnostics
            .add("global.request.credential.header", format!("{header:?} is not the name of a header"));
    }
    if matches!(param.as_str(), HOST | PORT | SOCKET_PATH) {
        diagnostics.add(
            "global.request.credential.param",
            format!("{param} is part of the server's address and cannot be the credential"),
        );
    }
    Credential { param, header: header.to_ascii_lowercase() }
}

fn params(
    declared: IndexMap<String, declaration::Param>,
    credential: &Credential,
    diagnostics: &mut Diagnostics,
) -> IndexMap<String, Param> {
    let place = "global.params";
    let mut params = param::compile_all(declared, place, diagnostics);
    for (name, built_in) in param::compile_all(built_in().params, place, diagnostics) {
        params.entry(name).or_insert(built_in);
    }
    let types = [
        (HOST, Type::String),
        (PORT, Type::Number),
        (SOCKET_PATH, Type::String),
        (&credential.param, Type::String),
    ];
    for (name, kind) in types {
        if let Some(param) = params.get_mut(name) {
            if param.kind != kind {
                diagnostics.add(join(place, &format!("{name}.type")), format!("{name} is always a {kind:?}"));
            }
            // Depends on the call: host and port are needed only where no socket path is given.
            param.required = false;
        }
    }
    let hidden = Param {
        name: credential.param.clone(),
        kind: Type::String,
        description: "Credential of calls that need one".to_owned(),
        required: false,
        values: Vec::new(),
        default: None,
        env: None,
        secret: true,
        example: None,
    };
    params.entry(credential.param.clone()).or_insert(hidden).secret = true;
    params
}

fn fields(
    declared: Option<IndexMap<String, String>>,
    diagnostics: &mut Diagnostics,
) -> IndexMap<String, Vec<String>> {
    let declared = declared.unwrap_or_else(|| {
        DEFAULT_FIELDS.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect()
    });
    let split = declared.into_iter().map(|(name, path)| {
        let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
        if keys.iter().any(String::is_empty) {
            diagnostics.add(format!("global.response.fields.{name}"), "a path of keys has no empty keys");
        }
        (name, keys)
    });
    split.collect()
}

fn shapes(declared: &IndexMap<String, Value>, diagnostics: &mut Diagnostics) -> Shapes {
    let place = "global.response.shapes";
    let shapes: Shapes = declared
        .iter()
        .map(|(name, source)| (name.clone(), Shape::read(source, &join(place, name), diagnostics)))
        .collect();
    for (name, shape) in &shapes {
        let place = join(place, name);
        if matches!(shape, Shape::Named(_)) {
            diagnostics.add(&place, "must not be just the name of another shape");
        }
        shape.check_names(&place, &shapes, diagnostics);
    }
    shapes
}
