//! Turns a declaration into a checked protocol, and reports everything that is wrong with it.

mod clash;
mod endpoint;
mod error;
mod global;
mod param;
mod structure;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::declaration;
use super::error::{Diagnostics, Error, join};
use super::names::is_name;
use super::param::article_of;
use super::types::{Endpoint, Protocol};

impl Protocol {
    /// Reads and checks a declaration: JSON in which types are written by name (`"String"`), where JavaScript
    /// declarations have constructors.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let mut diagnostics = Diagnostics::default();
        let declaration = serde_json::from_str(text).unwrap_or_else(|error| {
            diagnostics.add("", format!("is not JSON: {error}"));
            Value::Object(serde_json::Map::new())
        });
        let protocol = Self::compile(&declaration, &mut diagnostics);
        diagnostics.or(protocol)
    }

    fn compile(declaration: &Value, diagnostics: &mut Diagnostics) -> Self {
        let none = serde_json::Map::new();
        let entries = declaration.as_object().unwrap_or_else(|| {
            diagnostics
                .add("", format!("a declaration is an Object of groups, not {}", article_of(declaration)));
            &none
        });
        let global = match entries.get("global") {
            None => declaration::Global::default(),
            Some(source) => decode(source, structure::GLOBAL, "global", diagnostics).unwrap_or_default(),
        };
        let mut protocol = global::compile(global, diagnostics);
        for (group, source) in entries.iter().filter(|(name, _)| *name != "global") {
            if let Some(endpoints) = compile_group(&protocol, group, source, diagnostics) {
                protocol.groups.insert(group.clone(), endpoints);
            }
        }
        if diagnostics.is_empty() && protocol.endpoints().next().is_none() {
            diagnostics.add("", "the declaration has no endpoint");
        }
        clash::check(&protocol, diagnostics);
        protocol.add_routes();
        protocol
    }
}

fn compile_group(
    protocol: &Protocol,
    group: &str,
    source: &Value,
    diagnostics: &mut Diagnostics,
) -> Option<IndexMap<String, Arc<Endpoint>>> {
    if !is_name(group) || group == "close" {
        diagnostics.add(group, "is not a name that a group can have");
    }
    let Value::Object(entries) = source else {
        diagnostics.add(group, format!("a group is an Object of endpoints, not {}", article_of(source)));
        return None;
    };
    let mut endpoints = IndexMap::new();
    for (name, source) in entries {
        let place = join(group, name);
        if !is_name(name) {
            diagnostics.add(&place, "is not a name that an endpoint can have");
        }
        if let Some(declared) =
            decode::<declaration::Endpoint>(source, structure::ENDPOINT, &place, diagnostics)
        {
            let endpoint = endpoint::compile(protocol, group, name, declared, diagnostics);
            endpoints.insert(name.clone(), Arc::new(endpoint));
        }
    }
    Some(endpoints)
}

/// Reads one part of a declaration and reports errors of its structure.
fn decode<T: DeserializeOwned>(
    source: &Value,
    kind: structure::Kind,
    place: &str,
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    let before = diagnostics.len();
    structure::check(source, kind, place, diagnostics);
    if diagnostics.len() > before {
        return None;
    }
    match serde_path_to_error::deserialize(source) {
        Ok(decoded) => Some(decoded),
        Err(error) => {
            let inner = error.path().to_string();
            let place = if inner == "." { place.to_owned() } else { join(place, &inner) };
            diagnostics.add(place, error.inner().to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests;
