//! Builds the HTTP request of a call from its params.

use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::address::Address;
use super::call_error::{CallError, Context, MALFORMED};
use super::param::wire_text;
use super::path::encode;
use super::types::{Body, Endpoint, Protocol};

/// The longest path and query of a request, in bytes: the limit of `http::Uri`.
const LONGEST_TARGET: usize = u16::MAX as usize - 1;

/// One call of an endpoint, whose params are checked.
#[derive(Debug, Clone)]
pub struct Call {
    pub(super) protocol: Arc<Protocol>,
    pub(super) endpoint: Arc<Endpoint>,
    /// The params that go into path, query, body and basic authentication.
    pub(super) params: Map<String, Value>,
    pub(super) address: Arc<Address>,
    pub(super) credential: Option<String>,
}

/// A request, ready to be sent. Its `Debug` shows header names, not their values.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path and query, percent-encoded.
    pub target: String,
    /// Headers, with names in lower case, without `host` and `content-length`.
    pub headers: Vec<(String, String)>,
    /// JSON body.
    pub body: Option<String>,
    /// The server's address.
    pub address: Arc<Address>,
    /// The text that the command line shows while it waits.
    pub msg: String,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &names)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Call {
    /// Builds the request.
    ///
    /// # Errors
    /// `malformedRequest` when a param cannot be put into the path, or when path and query get too long.
    pub fn request(&self) -> Result<Request, Box<CallError>> {
        let endpoint = &*self.endpoint;
        let malformed = |name: &str, reason: &str| self.protocol.malformed(endpoint, name, reason);
        let path = endpoint.path.expand(|name| self.params.get(name).map(wire_text));
        let mut target = path.map_err(|(name, reason)| malformed(&name, &reason))?;
        let query = self.params.iter().filter(|(name, _)| endpoint.is_query_param(name));
        for (count, (name, value)) in query.enumerate() {
            target.push(if count == 0 { '?' } else { '&' });
            target.push_str(&encode(name));
            target.push('=');
            target.push_str(&encode(&wire_text(value)));
        }
        if target.len() > LONGEST_TARGET {
            let in_target = |name: &&String| {
                endpoint.is_query_param(name) || endpoint.path.params().any(|param| param == **name)
            };
            let longest =
                self.params.keys().filter(in_target).max_by_key(|name| wire_text(&self.params[*name]).len());
            let name = longest.map_or("", String::as_str);
            return Err(malformed(
                name,
                &format!("must be shorter: path and query of a request have at most {LONGEST_TARGET} bytes"),
            ));
        }
        let body = self.body();
        let headers = self.headers(body.is_some())?;
        let context = Context { params: Some(&self.params), ..Context::default() };
        let msg = context.fill(&endpoint.msg);
        Ok(Request {
            method: endpoint.method.clone(),
            target,
            headers,
            body,
            address: self.address.clone(),
            msg,
        })
    }

    fn body(&self) -> Option<String> {
        match &self.endpoint.body {
            Body::None => None,
            Body::Whole(name) => self.params.get(name).map(Value::to_string),
            Body::Fields(names) => {
                let given =
                    names.iter().filter_map(|name| Some((name.clone(), self.params.get(name)?.clone())));
                Some(Value::Object(given.collect()).to_string())
            }
        }
    }

    fn headers(&self, has_body: bool) -> Result<Vec<(String, String)>, Box<CallError>> {
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        if has_body {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        if let Some(credential) = &self.credential {
            headers.push((self.protocol.credential.header.clone(), credential.clone()));
        }
        if let Some([user, password]) = &self.endpoint.basic {
            let text = |name: &String| self.params.get(name).map(wire_text).unwrap_or_default();
            if text(user).contains(':') {
                return Err(self.protocol.malformed(&self.endpoint, user, "must not contain a colon"));
            }
            let pair = format!("{}:{}", text(user), text(password));
            headers.push(("authorization".to_owned(), format!("Basic {}", BASE64.encode(pair.as_bytes()))));
        }
        Ok(headers)
    }

    /// The values for the messages of this call's errors.
    pub(super) fn context(&self) -> Context<'_> {
        let (host, port) = self.address.host_and_port();
        Context { params: Some(&self.params), ..Context::default() }.with("host", host).with("port", port)
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The texts that the command line shows before and after the results.
    #[must_use]
    pub fn success_msg(&self) -> (String, String) {
        let (before, after) = self.endpoint.success.msg.around("results");
        let context = self.context();
        (context.fill(&before).trim().to_owned(), context.fill(&after).trim().to_owned())
    }
}

impl Protocol {
    /// The error of a call whose params could not be read; `reason` says why.
    #[must_use]
    pub fn unreadable(&self, endpoint: &Endpoint, reason: &str) -> Box<CallError> {
        self.fail(endpoint, MALFORMED, &Context::default().with("name", "params").with("error", reason))
    }
}
