//! The protocol engine for JavaScript. Structured values cross as JSON text.

use std::sync::Arc;

use napi::{Error, Result};
use napi_derive::napi;
use serde_json::{Map, Value, json};

use super::json::{invalid, to_json};
use super::protocol_call::ProtocolCaller;
use crate::protocol::{Endpoint, Protocol};

/// A checked protocol.
#[napi]
pub struct ProtocolEngine {
    protocol: Arc<Protocol>,
}

#[napi]
impl ProtocolEngine {
    /// Checks a declaration, given as JSON. Throws an error whose message is the JSON list of the
    /// declaration's faults, each with `place` and `fault`.
    #[napi(constructor, catch_unwind)]
    pub fn new(declaration: String) -> Result<Self> {
        match Protocol::from_json(&declaration) {
            Ok(protocol) => Ok(Self { protocol: Arc::new(protocol) }),
            Err(error) => Err(Error::from_reason(to_json(&error.diagnostics))),
        }
    }

    /// What the protocol offers, as JSON: `name`, `description`, `credentialParam`, `resultsKey`, `options`
    /// (the global params) and `commands`.
    #[napi(catch_unwind)]
    pub fn describe(&self) -> String {
        let protocol = &self.protocol;
        to_json(&json!({
            "name": protocol.name(),
            "description": protocol.description(),
            "credentialParam": protocol.credential_param(),
            "resultsKey": protocol.results_key(),
            "options": protocol.global_options(),
            "commands": protocol.commands(),
        }))
    }

    /// What makes calls; `options` is a JSON object of global params.
    ///
    /// # Errors
    /// When it is none.
    #[napi(catch_unwind)]
    pub fn caller(&self, options: String) -> Result<ProtocolCaller> {
        ProtocolCaller::new(&self.protocol, &options)
    }

    /// The failure, as JSON, of a call whose params cannot be written as JSON, for the reason given.
    #[napi(catch_unwind)]
    pub fn unreadable(&self, group: String, endpoint: String, reason: String) -> Result<String> {
        Ok(to_json(&self.protocol.unreadable(self.endpoint(&group, &endpoint)?, &reason)))
    }

    /// Checks global params, a JSON object, as far as they say where the server is: name of a param and what is wrong with it,
    /// or `null`.
    #[napi(catch_unwind)]
    pub fn check_connection(&self, settings: String) -> Result<Option<Vec<String>>> {
        let settings: Map<String, Value> = serde_json::from_str(&settings).map_err(invalid)?;
        let checked = self.protocol.check_connection(&settings);
        Ok(checked.err().map(|(name, reason)| vec![name.to_owned(), reason]))
    }

    /// Results, as JSON, with `mask`, as JSON too, in place of their secret parts; `null` when there are none.
    #[napi(catch_unwind)]
    pub fn hide_secrets(
        &self,
        group: String,
        endpoint: String,
        results: String,
        mask: String,
    ) -> Result<Option<String>> {
        let endpoint = self.endpoint(&group, &endpoint)?;
        hide(&results, &mask, |results, mask| self.protocol.hide_secrets(endpoint, results, mask))
    }

    /// The body of an answer to any request, as JSON, with `mask` in place of what may be secret; `null` when nothing is.
    #[napi(catch_unwind)]
    pub fn hide_in_answer(&self, path: String, body: String, mask: String) -> Result<Option<String>> {
        hide(&body, &mask, |body, mask| self.protocol.hide_in_answer(&path, body, mask))
    }

    /// Reads the value of a param from text. Gives JSON: `value` or `fault`, a predicate.
    #[napi(catch_unwind)]
    pub fn read_param(&self, group: String, endpoint: String, name: String, text: String) -> Result<String> {
        let param = self.protocol.call_param(self.endpoint(&group, &endpoint)?, &name);
        let read = param.map_or_else(|| Err("is not declared".to_owned()), |param| param.read(&text));
        Ok(match read {
            Ok(value) => to_json(&json!({ "value": value })),
            Err(fault) => to_json(&json!({ "fault": fault })),
        })
    }
}

impl ProtocolEngine {
    fn endpoint(&self, group: &str, endpoint: &str) -> Result<&Endpoint> {
        let found = self.protocol.endpoint(group, endpoint);
        let missing = || Error::from_reason(format!("the protocol has no endpoint {group}.{endpoint}"));
        found.map(Arc::as_ref).ok_or_else(missing)
    }
}

fn hide(text: &str, mask: &str, run: impl FnOnce(&mut Value, &Value) -> bool) -> Result<Option<String>> {
    let mut value = serde_json::from_str(text).map_err(invalid)?;
    let mask = serde_json::from_str(mask).map_err(invalid)?;
    Ok(run(&mut value, &mask).then(|| value.to_string()))
}
