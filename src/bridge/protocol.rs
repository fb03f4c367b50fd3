//! Declared protocols for JavaScript. Structured values cross the bridge as JSON text.

use std::sync::Arc;

use napi::{Error, Result};
use napi_derive::napi;
use serde_json::{Map, Value, json};

use super::json::{invalid, to_json};
use super::protocol_call::ProtocolCaller;
use crate::protocol::{Endpoint, Protocol};

/// A protocol whose declaration is valid.
#[napi]
pub struct ProtocolEngine {
    protocol: Arc<Protocol>,
}

#[napi]
impl ProtocolEngine {
    /// Checks a declaration, given as JSON.
    ///
    /// # Errors
    /// When it is invalid. The message is a JSON array of objects with `place` and `fault`.
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

    /// Makes a caller of the protocol's endpoints. `options` is a JSON object of global params.
    ///
    /// # Errors
    /// When `options` is not a JSON object.
    #[napi(catch_unwind)]
    pub fn caller(&self, options: String) -> Result<ProtocolCaller> {
        ProtocolCaller::new(&self.protocol, &options)
    }

    /// The error, as JSON, of a call whose params cannot be converted to JSON, for `reason`.
    #[napi(catch_unwind)]
    pub fn unreadable(&self, group: String, endpoint: String, reason: String) -> Result<String> {
        Ok(to_json(&self.protocol.unreadable(self.endpoint(&group, &endpoint)?, &reason)))
    }

    /// Checks the global params that say where the server is. `settings` is a JSON object of global params. Returns the name
    /// of an invalid param and what is wrong with it, or `null`.
    #[napi(catch_unwind)]
    pub fn check_connection(&self, settings: String) -> Result<Option<Vec<String>>> {
        let settings: Map<String, Value> = serde_json::from_str(&settings).map_err(invalid)?;
        let checked = self.protocol.check_connection(&settings);
        Ok(checked.err().map(|(name, reason)| vec![name.to_owned(), reason]))
    }

    /// Replaces the secret parts of results by `mask`, both given as JSON. Returns `null` when nothing is secret.
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

    /// Replaces what may be secret in the body of an answer to a request of `path` by `mask`, both given as JSON. Returns
    /// `null` when nothing is secret.
    #[napi(catch_unwind)]
    pub fn hide_in_answer(&self, path: String, body: String, mask: String) -> Result<Option<String>> {
        hide(&body, &mask, |body, mask| self.protocol.hide_in_answer(&path, body, mask))
    }

    /// Parses the value of a param from text. Returns a JSON object with `value`, or with `fault`: what is wrong, as a
    /// predicate such as `is not declared`.
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
