//! The simulated server of a declared protocol: what it answers to a request.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::call_error::{Context, GENERIC, MALFORMED, UNAUTHORIZED};
use super::path::decode;
use super::router::Route;
use super::sample::sample;
use super::shape::{Shape, Shapes, document};
use super::types::{Body, Endpoint, Protocol};
use super::value::set;

/// A request as a server receives it.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Gives the headers.
    pub header: &'a dyn HeaderLookup,
    /// Body; empty if there is none.
    pub body: &'a [u8],
}

/// Finds headers of a request.
pub trait HeaderLookup: std::fmt::Debug {
    /// The value of a header; `name` is in lower case.
    fn get(&self, name: &str) -> Option<&str>;
}

impl<S: std::hash::BuildHasher> HeaderLookup for HashMap<String, String, S> {
    fn get(&self, name: &str) -> Option<&str> {
        HashMap::get(self, name).map(String::as_str)
    }
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: Value,
    /// The value of the `Allow` header: the methods of the path, when the request had another one.
    pub allow: Option<String>,
    /// The endpoint that the request reached, as `group.name`.
    pub endpoint: Option<String>,
}

/// Why a request is not accepted: the name of the declared error to answer with, and the reason.
type RequestError = (&'static str, String);

/// Answers requests as a protocol declares: invalid requests with the declared errors, valid ones with results of the
/// declared shape, or with the error that [`Service::fail`] set.
#[derive(Debug, Clone)]
pub struct Service {
    protocol: Protocol,
    /// The schemas of all named shapes, in which references are looked up.
    document: Value,
    credential: Option<String>,
    failing: HashMap<String, String>,
}

impl Service {
    /// A service for a protocol. Authorised endpoints accept only `credential`; with `None`, any.
    #[must_use]
    pub fn new(protocol: Protocol, credential: Option<String>) -> Self {
        Self { document: document(&protocol.shapes), protocol, credential, failing: HashMap::new() }
    }

    /// Makes the endpoint `group.name` answer with a declared error; with `None`, as usual again.
    ///
    /// # Errors
    /// A message, when there is no such endpoint, or it has no such error with a status.
    pub fn fail(&mut self, endpoint: &str, error: Option<&str>) -> Result<(), String> {
        let found = endpoint.split_once('.').and_then(|(group, name)| self.protocol.endpoint(group, name));
        let Some(found) = found else {
            return Err(format!("the protocol has no endpoint {endpoint:?}"));
        };
        let Some(error) = error else {
            self.failing.remove(endpoint);
            return Ok(());
        };
        if self.protocol.declared_error(found, error).is_none_or(|declared| declared.status.is_none()) {
            return Err(format!("{endpoint} has no error {error:?} that a server can answer with"));
        }
        self.failing.insert(endpoint.to_owned(), error.to_owned());
        Ok(())
    }

    /// Makes authorised endpoints accept only this credential; with `None`, any.
    pub fn accept(&mut self, credential: Option<String>) {
        self.credential = credential;
    }

    /// Makes all endpoints answer as usual again, after [`Service::fail`].
    pub fn recover(&mut self) {
        self.failing.clear();
    }

    /// The endpoint that a request reaches, as `group.name`.
    #[must_use]
    pub fn endpoint_of(&self, method: &str, path: &str) -> Option<String> {
        self.protocol.endpoint_of(method, path).map(Endpoint::id)
    }

    /// Answers a request.
    #[must_use]
    pub fn answer(&self, incoming: &Incoming<'_>) -> Reply {
        let (path, query) = incoming.target.split_once('?').unwrap_or((incoming.target, ""));
        match self.protocol.router.find(incoming.method, path) {
            Route::Found(at, values) => {
                let endpoint = self.protocol.at(at);
                let reply = match self.params(endpoint, values, query, incoming) {
                    Ok(params) => match self.failing.get(&endpoint.id()) {
                        Some(error) => self.error(endpoint, error, &params, None),
                        None => self.success(endpoint, &params),
                    },
                    Err((error, reason)) => self.error(endpoint, error, &Map::new(), Some(&reason)),
                };
                Reply { endpoint: Some(endpoint.id()), ..reply }
            }
            Route::Methods(methods) => {
                let allow = methods.join(", ");
                let body =
                    self.error_body(json!(GENERIC), json!(format!("this path takes {allow}")), json!(405));
                Reply { status: 405, body, allow: Some(allow), endpoint: None }
            }
            Route::Unknown => {
                let body =
                    self.error_body(json!(GENERIC), json!("there is nothing at this path"), json!(404));
                Reply { status: 404, body, allow: None, endpoint: None }
            }
        }
    }

    /// Reads and checks the params of a request.
    fn params(
        &self,
        endpoint: &Endpoint,
        values: Vec<(String, String)>,
        query: &str,
        incoming: &Incoming<'_>,
    ) -> Result<Map<String, Value>, RequestError> {
        let malformed = |name: &str, reason: &str| (MALFORMED, format!("{name} {reason}"));
        if endpoint.authorized {
            let sent = incoming.header.get(&self.protocol.credential.header);
            let accepted = self.credential.as_ref().is_none_or(|credential| sent == Some(credential));
            if sent.is_none() || !accepted {
                let reason =
                    if sent.is_none() { "the credential is missing" } else { "the credential is wrong" };
                return Err((UNAUTHORIZED, reason.to_owned()));
            }
        }
        if endpoint.basic.is_some()
            && !incoming.header.get("authorization").is_some_and(|h| h.starts_with("Basic "))
        {
            return Err((UNAUTHORIZED, "user name and password are missing".to_owned()));
        }
        let mut params = Map::new();
        if decode(query).is_none() {
            return Err(malformed("the query", "is not UTF-8"));
        }
        let queried = form_urlencoded::parse(query.as_bytes()).into_owned();
        let in_path = values.len();
        for (at, (name, text)) in values.into_iter().chain(queried).enumerate() {
            let belongs = at < in_path || endpoint.is_query_param(&name);
            let Some(param) = self.protocol.param_of(endpoint, &name).filter(|_| belongs) else {
                return Err(malformed(&name, "is not a param of this endpoint's query"));
            };
            let value = param.read(&text).map_err(|reason| malformed(&name, &reason))?;
            params.insert(name, value);
        }
        self.read_body(endpoint, incoming.body, &mut params)
            .map_err(|(name, reason)| malformed(&name, &reason))?;
        let in_header = |name: &String| endpoint.basic.as_ref().is_some_and(|pair| pair.contains(name));
        for (name, param) in endpoint.params.iter().chain(self.protocol.shared_params()) {
            if param.required && !params.contains_key(name) && !in_header(name) {
                return Err(malformed(name, "is missing"));
            }
        }
        Ok(params)
    }

    fn read_body(
        &self,
        endpoint: &Endpoint,
        bytes: &[u8],
        params: &mut Map<String, Value>,
    ) -> Result<(), (String, String)> {
        let whole = |reason: String| ("the body".to_owned(), reason);
        if endpoint.body == Body::None || bytes.is_empty() {
            return Ok(());
        }
        let body: Value =
            serde_json::from_slice(bytes).map_err(|error| whole(format!("is not JSON: {error}")))?;
        let fields = match (&endpoint.body, body) {
            (Body::Whole(name), value) => Map::from_iter([(name.clone(), value)]),
            (_, Value::Object(fields)) => fields,
            _ => return Err(whole("is not an object".to_owned())),
        };
        for (name, value) in fields {
            let declared = endpoint.body_params().contains(&name);
            let param = self.protocol.param_of(endpoint, &name).filter(|_| declared);
            let checked = param
                .ok_or_else(|| "is not a field of this endpoint".to_owned())
                .and_then(|p| p.check(&value));
            checked.map_err(|reason| (name.clone(), reason))?;
            params.insert(name, value);
        }
        Ok(())
    }

    fn success(&self, endpoint: &Endpoint, params: &Map<String, Value>) -> Reply {
        let shapes = &self.protocol.shapes;
        let mut body = match (&endpoint.shape, &self.protocol.results) {
            (Some(shape), _) => sample(&shape.schema(), &self.document),
            (None, Some(results)) => json!({ (results): {} }),
            (None, None) => json!({}),
        };
        if let Some(shape) = &endpoint.shape {
            echo(&mut body, shape, shapes, params);
        }
        Reply { status: endpoint.success.status.unwrap_or(200), body, allow: None, endpoint: None }
    }

    fn error(
        &self,
        endpoint: &Endpoint,
        name: &str,
        params: &Map<String, Value>,
        reason: Option<&str>,
    ) -> Reply {
        let Some(declared) = self.protocol.declared_error(endpoint, name) else {
            return Reply {
                status: 500,
                body: self.error_body(json!(name), json!(""), json!(500)),
                allow: None,
                endpoint: None,
            };
        };
        let status = declared.status.unwrap_or(500);
        let filled = || Context { params: Some(params), ..Context::default() }.fill(&declared.msg);
        let text = reason.map_or_else(filled, str::to_owned);
        Reply {
            status,
            body: self.error_body(json!(declared.sample_code()), json!(text), json!(status)),
            allow: None,
            endpoint: None,
        }
    }

    /// The body of an error answer, with type, text and status in the fields that the protocol declares for them.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "the callers make them for this")]
    pub fn error_body(&self, kind: Value, text: Value, status: Value) -> Value {
        let mut body = Value::Object(Map::new());
        if let Some(results) = &self.protocol.results {
            body[results] = Value::Null;
        }
        for (name, path) in &self.protocol.fields {
            let value = match name.as_str() {
                "type" => kind.clone(),
                "error" => text.clone(),
                "status" => status.clone(),
                _ => continue,
            };
            set(&mut body, &path.join("."), value);
        }
        body
    }
}

/// Puts the values of params into the fields of a sample body that have the same name and accept them.
fn echo(body: &mut Value, shape: &Shape, shapes: &Shapes, params: &Map<String, Value>) {
    match (body, shape) {
        (body, Shape::Named(name)) => {
            if let Some(shape) = name.of(shapes) {
                echo(body, shape, shapes, params);
            }
        }
        (Value::Object(object), Shape::Map(fields)) => {
            for (name, field) in fields.iter() {
                let Some(inner) = object.get_mut(name) else { continue };
                match params.get(name) {
                    Some(value) if field.shape.check(value, shapes).is_ok() => *inner = value.clone(),
                    _ => echo(inner, &field.shape, shapes, params),
                }
            }
        }
        (Value::Array(items), Shape::List(shape)) => {
            for item in items {
                echo(item, shape, shapes, params);
            }
        }
        _ => {}
    }
}
