//! Checks the params of a declaration.

use indexmap::IndexMap;
use serde_json::Value;

use crate::protocol::declaration;
use crate::protocol::error::{Diagnostics, join};
use crate::protocol::names::{is_param_name, kebab};
use crate::protocol::param::{Param, Type, no_type};

/// Checks a map of params.
pub(super) fn compile_all(
    declared: IndexMap<String, declaration::Param>,
    place: &str,
    diagnostics: &mut Diagnostics,
) -> IndexMap<String, Param> {
    let mut params = IndexMap::new();
    let mut options: IndexMap<String, String> = IndexMap::new();
    for (name, param) in declared {
        let place = join(place, &name);
        if !is_param_name(&name) {
            diagnostics.add(&place, "is not a name that a param can have");
        }
        if let Some(other) = options.insert(kebab(&name), name.clone()) {
            diagnostics.add(&place, format!("gives the same command-line option as {other}"));
        }
        params.insert(name.clone(), compile(name, param, &place, diagnostics));
    }
    params
}

fn compile(name: String, declared: declaration::Param, place: &str, diagnostics: &mut Diagnostics) -> Param {
    let kind = Type::named(&declared.kind);
    if kind.is_none() {
        diagnostics.add(join(place, "type"), no_type(&declared.kind));
    }
    if declared.required == Some(true) && declared.default.is_some() {
        diagnostics.add(join(place, "default"), "a param with a default is not required");
    }
    if declared.env.as_ref().is_some_and(|env| env.is_empty() || env.contains(['=', '\0'])) {
        diagnostics.add(join(place, "env"), "is not the name of an environment variable");
    }
    let param = Param {
        name,
        kind: kind.unwrap_or(Type::String),
        description: declared.description,
        required: declared.required.unwrap_or(declared.default.is_none()),
        values: declared.values,
        default: declared.default,
        env: declared.env,
        secret: declared.secret,
        example: declared.example,
    };
    if kind.is_none() {
        return param;
    }
    for (at, value) in param.values.iter().enumerate() {
        check(&join(place, &format!("values[{at}]")), param.kind.check(value), diagnostics);
    }
    let given = |value: &Option<Value>| value.as_ref().map_or(Ok(()), |value| param.check(value));
    check(&join(place, "default"), given(&param.default), diagnostics);
    check(&join(place, "example"), given(&param.example), diagnostics);
    param
}

fn check(place: &str, result: Result<(), String>, diagnostics: &mut Diagnostics) {
    if let Err(reason) = result {
        diagnostics.add(place, reason);
    }
}
