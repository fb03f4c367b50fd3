//! Calls of protocol endpoints. A call keeps its params until its answer is interpreted.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use napi::bindgen_prelude::{Env, Error, Result};
use napi_derive::napi;
use serde_json::{Map, Value, json};

use super::client::{HttpClient, parse_authority, parse_method, parse_target};
use super::json::{invalid, to_json};
use super::values::decoded;
use super::waiting::Waiting;
use crate::http::call::parse_header;
use crate::http::{Endpoint as Server, Error as HttpError, Payload};
use crate::protocol::{Address, Answer, Call, CallError, Caller, Endpoint, Protocol, Request, Unanswered};

/// Makes calls with the global params of a client's options.
#[napi]
pub struct ProtocolCaller {
    caller: Caller,
}

#[napi]
impl ProtocolCaller {
    /// Sets the global params that are used when neither a call nor the options give them, as a JSON object.
    ///
    /// # Errors
    /// When `environment` is not a JSON object.
    #[napi(catch_unwind)]
    pub fn set_environment(&mut self, environment: String) -> Result<()> {
        self.caller.set_environment(read(&environment)?);
        Ok(())
    }

    /// Describes what a call would send, as a JSON object with `request`, or with `failure` for an invalid call. `endpoint` is
    /// the number of its command, `given` a JSON object of params, empty if absent.
    ///
    /// # Errors
    /// When there is no such endpoint.
    #[napi(catch_unwind)]
    pub fn request(&self, endpoint: u32, given: Option<String>) -> Result<String> {
        let prepared = self.prepare(endpoint, given.as_deref())?;
        Ok(prepared.map_or_else(|failure| failure, |(call, request)| describe(&request, &call, false)))
    }

    /// The error, as JSON, of a call that failed in JavaScript, for `reason`.
    ///
    /// # Errors
    /// When there is no such endpoint.
    #[napi(catch_unwind)]
    pub fn unanswered(&self, endpoint: u32, given: Option<String>, reason: String) -> Result<String> {
        let call = self.call(endpoint, given.as_deref())?;
        let failed = |call: Call| call.unanswered(Unanswered::Other, &reason);
        Ok(to_json(&call.map_or_else(|failure| failure, failed)))
    }
}

impl ProtocolCaller {
    /// A caller of a protocol's endpoints. `options` is a JSON object of global params.
    ///
    /// # Errors
    /// When `options` is not a JSON object.
    pub(super) fn new(protocol: &Arc<Protocol>, options: &str) -> Result<Self> {
        Ok(Self { caller: Caller::new(Arc::clone(protocol), read(options)?) })
    }

    /// A call and the request it sends, or its error as JSON.
    fn prepare(
        &self,
        endpoint: u32,
        given: Option<&str>,
    ) -> Result<std::result::Result<(Call, Request), String>> {
        let call = self.call(endpoint, given)?;
        let prepared = call.and_then(|call| call.request().map(|request| (call, request)));
        Ok(prepared.map_err(|failure| to_json(&json!({ "failure": failure }))))
    }

    fn endpoint(&self, number: u32) -> Result<&Arc<Endpoint>> {
        let endpoint = usize::try_from(number).ok().and_then(|number| self.caller.endpoint(number));
        endpoint
            .ok_or_else(|| Error::from_reason(format!("the protocol has no endpoint with number {number}")))
    }

    fn call(&self, endpoint: u32, given: Option<&str>) -> Result<std::result::Result<Call, Box<CallError>>> {
        let endpoint = self.endpoint(endpoint)?;
        Ok(match given.map_or_else(|| Ok(Map::new()), serde_json::from_str) {
            Ok(given) => self.caller.call(endpoint, given),
            Err(error) => {
                let reason = format!("they are not valid JSON: {error}");
                Err(self.caller.protocol().unreadable(endpoint, &reason))
            }
        })
    }
}

#[napi]
impl HttpClient {
    /// Begins the call `id` of an endpoint if it goes to this client's server, and returns nothing, or with `describes` a
    /// description of the request. Otherwise begins nothing, and returns what `ProtocolCaller::request` returns.
    ///
    /// An answer that is not the declared success comes as an event of kind `REJECTED`. `timeout_ms` limits the whole call;
    /// 0 for no limit.
    ///
    /// # Errors
    /// When there is no such endpoint.
    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments, reason = "an object of arguments would cost more than the call")]
    pub fn call_endpoint(
        &self,
        env: Env,
        id: u32,
        caller: &ProtocolCaller,
        endpoint: u32,
        given: Option<String>,
        timeout_ms: u32,
        flags: u32,
        describes: bool,
    ) -> Result<Option<String>> {
        let (call, request) = match caller.prepare(endpoint, given.as_deref())? {
            Ok(prepared) => prepared,
            Err(failure) => return Ok(Some(failure)),
        };
        if !is_at(&request.address, self.server()) {
            return Ok(Some(describe(&request, &call, false)));
        }
        let description = describes.then(|| describe(&request, &call, true));
        let timeout = (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms.into()));
        let waiting = WaitingCall { call, target: request.target.clone() };
        let sent = self.http_call(id, request, timeout, flags);
        self.start_waiting(env, id, Box::new(waiting), sent);
        Ok(description)
    }
}

/// A call of an endpoint whose answer is awaited.
struct WaitingCall {
    call: Call,
    target: String,
}

impl Waiting for WaitingCall {
    fn rejected(&self, status: u16, body: &[u8]) -> Option<String> {
        self.call.error(Answer { status, body: &decoded(body) }).map(|failure| to_json(&failure))
    }

    fn unanswered(&self, error: &HttpError) -> String {
        let why = match error.code() {
            "ECONNREFUSED" | "ENOENT" | "EACCES" => Unanswered::Refused,
            "ERR_CYCLE_TIMEOUT" | "ERR_CYCLE_HEADERS_TIMEOUT" | "ERR_CYCLE_BODY_TIMEOUT" | "ETIMEDOUT" => {
                Unanswered::Timeout
            }
            _ => Unanswered::Other,
        };
        to_json(&self.call.unanswered(why, &error.detail()))
    }

    fn target(&self) -> &str {
        &self.target
    }
}

impl HttpClient {
    fn http_call(
        &self,
        id: u32,
        request: Request,
        timeout: Option<Duration>,
        flags: u32,
    ) -> std::result::Result<crate::http::Call, HttpError> {
        let Request { method, target, headers, body, address, .. } = request;
        let target: PathAndQuery = parse_target(target)?;
        let mut call = self.bare_call(id, parse_method(&method)?, target, flags);
        if let Address::Tcp { .. } = *address {
            call.authority = parse_authority(&address.to_string())?;
        }
        for (name, value) in &headers {
            let (name, value) = parse_header(name, value)?;
            call.headers.push((name, Some(value)));
        }
        if let Some(body) = body {
            call.payload = Payload::Bytes(Bytes::from(body));
        }
        call.timeout = timeout;
        Ok(call)
    }
}

/// The request, and the messages to print with its results, as JSON.
fn describe(request: &Request, call: &Call, begun: bool) -> String {
    let Request { method, target, address, msg, .. } = request;
    to_json(&json!({
        "begun": begun,
        "request": { "method": method, "target": target, "address": **address, "msg": msg },
        "messages": if begun { json!(call.success_msg()) } else { Value::Null },
    }))
}

fn is_at(address: &Address, server: &Server) -> bool {
    match (address, server) {
        (Address::Unix { socket_path }, Server::Unix(path)) => path.as_os_str() == socket_path.as_str(),
        (Address::Tcp { host, port }, Server::Tcp { host: own, port: own_port }) => {
            host == own && port == own_port
        }
        _ => false,
    }
}

fn read(object: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(object).map_err(invalid)
}
