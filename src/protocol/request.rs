//! From params to a request.

use data_encoding::BASE64;
use serde::Serialize;
use serde_json::{Map, Value};

use super::address::Address;
use super::failure::{Context, Failure, MALFORMED, UNAUTHORIZED};
use super::param::wire_text;
use super::path::encode;
use super::types::{Body, Endpoint, HOST, PORT, Protocol, SOCKET_PATH};

/// The longest target that a request can have, in bytes: what an `http::Uri` holds.
const LONGEST_TARGET: usize = u16::MAX as usize - 1;

/// One call of an endpoint, its params checked.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    pub(super) protocol: &'a Protocol,
    pub(super) endpoint: &'a Endpoint,
    /// The params that go into the request.
    pub(super) params: Map<String, Value>,
    pub(super) address: Address,
    credential: Option<String>,
}

/// A request, ready to be sent. Its `Debug` shows header names, not their values.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// Path and query, percent-encoded.
    pub target: String,
    /// Headers in lower case, without `host` and `content-length`.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<String>,
    /// Where it goes.
    pub address: Address,
    /// What to tell people while it is on its way.
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

impl Protocol {
    /// Checks what a call gives. `given` holds the endpoint's params and may hold global ones; `settings` are
    /// global params that hold when the call does not give them, what goes first first.
    ///
    /// # Errors
    /// `malformedRequest` names the first param that is missing, unknown or does not fit; `unauthorized`
    /// says that an authorised endpoint has no credential.
    pub fn call<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        mut given: Map<String, Value>,
        settings: &[Map<String, Value>],
    ) -> Result<Call<'a>, Box<Failure>> {
        let malformed = |name: &str, reason: &str| self.malformed(endpoint, name, reason);
        let connection = self.connection(&mut given, settings);
        if let Some(unknown) = given.keys().find(|name| self.param_of(endpoint, name).is_none()) {
            return Err(malformed(unknown, "it is not a param of this endpoint"));
        }
        let mut params = Map::new();
        for (name, param) in endpoint.params.iter().chain(self.shared_params()) {
            let setting = || {
                settings
                    .iter()
                    .find_map(|layer| layer.get(name))
                    .filter(|_| self.params.contains_key(name))
                    .cloned()
            };
            match given.remove(name).or_else(setting).or_else(|| param.default.clone()) {
                Some(value) => {
                    param.check(&value).map_err(|reason| malformed(name, &reason))?;
                    params.insert(name.clone(), value);
                }
                None if param.required => return Err(malformed(name, "is missing")),
                None => {}
            }
        }
        let address = Address::read(&connection).map_err(|(name, reason)| malformed(name, &reason))?;
        let credential = self.read_credential(endpoint, &connection)?;
        Ok(Call { protocol: self, endpoint, params, address, credential })
    }

    /// Checks what settings say about where the server is, before there is a call.
    ///
    /// # Errors
    /// The name of a param and what is wrong with it, as a predicate.
    pub fn check_connection(&self, settings: &Map<String, Value>) -> Result<(), (&'static str, String)> {
        Address::check(settings)
    }

    /// Takes the params of the connection out of `given`, completed by `settings` and defaults.
    fn connection(
        &self,
        given: &mut Map<String, Value>,
        settings: &[Map<String, Value>],
    ) -> Map<String, Value> {
        let mut connection = Map::new();
        let names: Vec<&str> = vec![HOST, PORT, SOCKET_PATH, &self.credential.param];
        for name in &names {
            if let Some(value) = given.remove(*name) {
                connection.insert((*name).to_owned(), value);
            }
        }
        // A call that says where the server is says it all: the other kind of address no longer applies.
        let defaults: Map<String, Value> = self
            .params
            .iter()
            .filter_map(|(name, param)| Some((name.clone(), param.default.clone()?)))
            .collect();
        for source in settings.iter().chain([&defaults]) {
            let tcp = connection.contains_key(HOST);
            let unix = connection.contains_key(SOCKET_PATH);
            for name in &names {
                let moot = (*name == SOCKET_PATH && tcp) || (matches!(*name, HOST | PORT) && unix);
                if let Some(value) = source.get(*name).filter(|_| !moot && !connection.contains_key(*name)) {
                    connection.insert((*name).to_owned(), value.clone());
                }
            }
        }
        connection
    }

    fn read_credential(
        &self,
        endpoint: &Endpoint,
        connection: &Map<String, Value>,
    ) -> Result<Option<String>, Box<Failure>> {
        if !endpoint.authorized {
            return Ok(None);
        }
        let name = &self.credential.param;
        match connection.get(name) {
            None | Some(Value::Null) => {
                let context = Context::default()
                    .with("name", name)
                    .with("error", format!("{name} is missing; nothing was sent"));
                Err(self.fail(endpoint, UNAUTHORIZED, &context))
            }
            Some(Value::String(credential)) if credential.is_empty() => {
                Err(self.malformed(endpoint, name, "must not be empty"))
            }
            Some(Value::String(credential))
                if credential.bytes().all(|byte| (b' '..=b'~').contains(&byte)) =>
            {
                Ok(Some(credential.clone()))
            }
            Some(Value::String(_)) => {
                Err(self.malformed(endpoint, name, "must hold only printable ASCII characters"))
            }
            Some(_) => Err(self.malformed(endpoint, name, "must be a String")),
        }
    }
}

impl Call<'_> {
    /// Builds the request.
    ///
    /// # Errors
    /// `malformedRequest` when a param does not fit into a path, or when path and query get too long.
    pub fn request(&self) -> Result<Request, Box<Failure>> {
        let endpoint = self.endpoint;
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
                &format!("must be shorter: a request's address holds {LONGEST_TARGET} bytes"),
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

    fn headers(&self, has_body: bool) -> Result<Vec<(String, String)>, Box<Failure>> {
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
                return Err(self.protocol.malformed(self.endpoint, user, "must not hold a colon"));
            }
            let pair = format!("{}:{}", text(user), text(password));
            headers.push(("authorization".to_owned(), format!("Basic {}", BASE64.encode(pair.as_bytes()))));
        }
        Ok(headers)
    }

    /// What the messages of this call's errors may show.
    pub(super) fn context(&self) -> Context<'_> {
        let (host, port) = self.address.host_and_port();
        Context { params: Some(&self.params), ..Context::default() }.with("host", host).with("port", port)
    }

    /// What to tell people before and after the results of a call that succeeded.
    #[must_use]
    pub fn success_msg(&self) -> (String, String) {
        let (before, after) = self.endpoint.success.msg.around("results");
        let context = self.context();
        (context.fill(&before).trim().to_owned(), context.fill(&after).trim().to_owned())
    }
}

impl Protocol {
    /// Ends a call whose params could not be read at all, with the reason in words.
    #[must_use]
    pub fn unreadable(&self, endpoint: &Endpoint, reason: &str) -> Box<Failure> {
        self.fail(endpoint, MALFORMED, &Context::default().with("name", "params").with("error", reason))
    }
}
