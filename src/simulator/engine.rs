//! Answers a request without input or output: finds its operation, authenticates it, checks it and runs the behaviour.

use std::collections::HashMap;
use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::api_error::ApiError;
use super::behaviour::{Behaviour, Call, Leasing, Outcome, State};
use super::clock::{Clock, rfc3339};
use super::declaration::{Declaration, Operation, Scheme};
use super::placeholders::{Scope, fill};
use super::protocol;
use super::reply::Reply;
use super::request::Request;
use super::schema::Checker;
use super::world::entries;
use crate::protocol::Service;
use crate::protocol::router::Route;
use crate::protocol::sample::sample;
use crate::protocol::value::escape;
use crate::protocol::value::{get, merge};

/// The state of the simulated platform.
pub(crate) struct Engine {
    declaration: Arc<Declaration>,
    /// The world as it was at the start.
    origin: Value,
    world: Value,
    state: State,
    /// The fields of `$self` by token.
    tokens: HashMap<String, Value>,
    leasing: Leasing,
    clock: Clock,
    /// For a declared protocol: answers in place of behaviours.
    service: Option<Service>,
}

/// Who sent a request.
#[derive(Debug)]
pub(crate) struct Caller {
    identity: Value,
    credentials: Option<(String, String)>,
}

impl Engine {
    /// A platform in its initial state. `token` replaces the one in the world.
    pub(crate) fn new(
        declaration: Arc<Declaration>,
        world: Value,
        token: Option<String>,
        leasing: Leasing,
        clock: Clock,
    ) -> Self {
        let identity = &declaration.simulation.identity;
        let who = get(&world, &identity.from).cloned().unwrap_or_default();
        let declared = || who.get(&identity.token).and_then(Value::as_str).map(String::from);
        let token = token.or_else(declared).unwrap_or_default();
        let mut service = declaration.service.clone();
        if let Some(service) = &mut service {
            service.accept(Some(token.clone()));
        }
        Self {
            service,
            origin: world.clone(),
            world,
            state: State::default(),
            tokens: HashMap::from([(token, who)]),
            leasing,
            clock,
            declaration,
        }
    }

    /// Registers a token that belongs to the entry with this `id`. Returns `false` when there is no such entry.
    pub(crate) fn add_token(&mut self, token: &str, id: &str) -> bool {
        let identity = &self.declaration.simulation.identity;
        let known = identity.collection.iter().flat_map(|path| entries(&self.world, path));
        let Some(entry) = known.into_iter().find(|entry| get(entry, "id").is_some_and(|known| known == id))
        else {
            return false;
        };
        let mut who = get(&self.world, &identity.from).cloned().unwrap_or_default();
        let own = fill(&identity.take, &Scope::default().with("entry", entry));
        merge(&mut who, own.unwrap_or_else(|| json!({})));
        self.tokens.insert(token.to_owned(), who);
        true
    }

    /// Whether the text is one of the tokens.
    pub(crate) fn is_token(&self, text: &str) -> bool {
        self.tokens.contains_key(text)
    }

    /// Restores the initial state. Tokens stay.
    pub(crate) fn reset(&mut self) {
        self.world = self.origin.clone();
        self.state = State::default();
        if let Some(service) = &mut self.service {
            service.recover();
        }
    }

    /// Makes an endpoint of a declared protocol answer with one of its errors, or as usual again.
    pub(crate) fn fail(&mut self, endpoint: &str, error: Option<&str>) -> Result<(), String> {
        match &mut self.service {
            Some(service) => service.fail(endpoint, error),
            None => {
                Err("only the simulator of a declared protocol can answer with declared errors".to_owned())
            }
        }
    }

    /// For a declared protocol: the endpoint that a request reaches, as `group.name`.
    pub(crate) fn endpoint_of(&self, request: &Request) -> Option<String> {
        self.service.as_ref()?.endpoint_of(&request.method, &request.path)
    }

    /// The world as it is now.
    pub(crate) fn world(&mut self) -> &Value {
        self.expire();
        &self.world
    }

    /// Changes in the world what time alone has changed: leases that were not renewed are over.
    fn expire(&mut self) {
        let now = self.clock.now();
        for ((operation, group), election) in &mut self.state.elections {
            if election.expire(now)
                && let Some(Behaviour::Lease(lease)) = self.declaration.simulation.operations.get(operation)
            {
                lease.show(group, election, &mut self.world);
            }
        }
    }

    /// Adds the declared fields of every message to a message.
    pub(crate) fn message(&self, message: Value) -> Value {
        let Some(channel) = &self.declaration.simulation.channel else { return message };
        if !message.is_object() {
            return message;
        }
        let who = get(&self.world, &self.declaration.simulation.identity.from).cloned().unwrap_or_default();
        let now = json!(rfc3339(self.clock.now()));
        let scope = Scope::default().with("world", &self.world).with("self", &who).with("now", &now);
        let mut whole = fill(&channel.message, &scope).unwrap_or_else(|| json!({}));
        merge(&mut whole, message);
        whole
    }

    /// Answers a request.
    pub(crate) fn reply(&mut self, request: &Request) -> Reply {
        if let Some(service) = &self.service {
            return protocol::reply(service, request);
        }
        self.expire();
        let declaration = Arc::clone(&self.declaration);
        let (operation, path) = match declaration.route(&request.method, &request.path) {
            Route::Found(operation, path) => {
                (operation, path.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
            Route::Unknown => {
                let detail = format!("no operation has the path {}", request.path);
                return self.error(&ApiError::new("unknown-path").detail(detail));
            }
            Route::Methods(methods) => {
                let allow = methods.join(", ");
                let detail = format!("{} takes {allow}, not {}", request.path, request.method);
                let reply = self.error(&ApiError::new("wrong-method").detail(detail));
                return Reply { allow: Some(allow), ..reply };
            }
        };
        match self.call(operation, path, request) {
            Ok(reply) => reply,
            Err(error) => self.error(&error),
        }
    }

    /// The answer for an error.
    pub(crate) fn error(&self, error: &ApiError) -> Reply {
        let (status, body) = self.declaration.simulation.errors.answer(error);
        Reply { status, body, allow: None, publications: Vec::new() }
    }

    fn call(
        &mut self,
        operation: &Operation,
        path: Map<String, Value>,
        request: &Request,
    ) -> Result<Reply, ApiError> {
        let caller = self.authenticate(&operation.auth, request)?;
        let checker = Checker::new(&self.declaration.document);
        check_params(operation, &path, request, checker)?;
        let body = read_body(operation, request, checker)?;

        let now = self.clock.now();
        let (query, path) = (Value::Object(request.query.clone()), Value::Object(path));
        let now_text = json!(rfc3339(now));
        let mut scope = Scope::default()
            .with("self", &caller.identity)
            .with("query", &query)
            .with("path", &path)
            .with("now", &now_text);
        if let Some(body) = &body {
            scope = scope.with("body", body);
        }
        let declaration = Arc::clone(&self.declaration);
        let Some(behaviour) = declaration.simulation.operations.get(&operation.id) else {
            let body = sample(&operation.success.schema, &declaration.document);
            return Ok(Reply {
                status: operation.success.status,
                body,
                allow: None,
                publications: Vec::new(),
            });
        };
        let mut call = Call {
            scope,
            operation: &operation.id,
            now,
            credentials: caller.credentials,
            leasing: &self.leasing,
            world: &mut self.world,
            state: &mut self.state,
            publications: Vec::new(),
        };
        let Outcome { status, body } = behaviour.run(&mut call)?;
        let publications = std::mem::take(&mut call.publications);
        let publications = publications.into_iter().map(|message| self.message(message)).collect();
        Ok(Reply { status: status.unwrap_or(operation.success.status), body, allow: None, publications })
    }

    /// Authenticates a request by one of the schemes. Without schemes, every request is accepted.
    pub(crate) fn authenticate(&self, schemes: &[String], request: &Request) -> Result<Caller, ApiError> {
        let credentials = request.header("authorization").and_then(basic);
        let declared: Vec<_> = schemes.iter().filter_map(|name| self.declaration.schemes.get(name)).collect();
        let headers = declared.iter().filter_map(|scheme| match scheme {
            Scheme::Header(name) => Some(name),
            Scheme::Basic => None,
        });
        let identity = headers.clone().find_map(|name| self.tokens.get(request.header(name)?));
        let basic = credentials.is_some() && declared.contains(&&Scheme::Basic);
        if identity.is_some() || basic || declared.is_empty() {
            let of_the_world = || get(&self.world, &self.declaration.simulation.identity.from);
            let identity = identity.or_else(of_the_world).cloned().unwrap_or_default();
            return Ok(Caller { identity, credentials });
        }
        let detail = match headers.clone().next() {
            Some(name) if request.header(name).is_none() => format!("the header {name} is missing"),
            Some(name) => format!("the header {name} contains an unknown token"),
            None => "user name and password are missing".into(),
        };
        Err(ApiError::new("unauthorized").detail(detail))
    }
}

/// User name and password of an `Authorization` header.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    decoded.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

fn check_params(
    operation: &Operation,
    path: &Map<String, Value>,
    request: &Request,
    checker: Checker<'_>,
) -> Result<(), ApiError> {
    let mut wrong = None;
    for param in &operation.params {
        let header = request.header(&param.name.to_ascii_lowercase()).map(Value::from);
        let given = match param.place.as_str() {
            "query" => request.query.get(&param.name),
            "path" => path.get(&param.name),
            "header" => header.as_ref(),
            _ => continue,
        };
        let pointer = format!("/{}/{}", param.place, escape(&param.name));
        let Some(given) = given else {
            if param.required {
                let detail = format!("the {} parameter {} is missing", param.place, param.name);
                return Err(ApiError::new("missing-argument").at(pointer).detail(detail));
            }
            continue;
        };
        if wrong.is_none()
            && let Some(error) = checker.check(&typed(given, &param.schema, checker), &param.schema)
        {
            let detail = format!("the {} parameter {} {}", param.place, param.name, error.detail);
            wrong = Some(ApiError::new("invalid-argument").at(pointer).detail(detail));
        }
    }
    wrong.map_or(Ok(()), Err)
}

/// Converts a parameter's text to the type in its schema. A text that is not of that type stays as it is.
fn typed(given: &Value, schema: &Value, checker: Checker<'_>) -> Value {
    let schema = checker.lookup(schema).unwrap_or(schema);
    match (schema.get("type").and_then(Value::as_str), given) {
        (Some("integer" | "number" | "boolean"), Value::String(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| given.clone())
        }
        (Some("array"), Value::String(_)) => json!([given]),
        _ => given.clone(),
    }
}

fn read_body(
    operation: &Operation,
    request: &Request,
    checker: Checker<'_>,
) -> Result<Option<Value>, ApiError> {
    let Some(declared) = &operation.body else { return Ok(None) };
    if request.body.is_empty() {
        if declared.required {
            return Err(ApiError::new("missing-argument").at("").detail("the request has no body"));
        }
        return Ok(None);
    }
    if let Some(kind) = request.header("content-type").filter(|kind| !is_json(kind)) {
        let detail = format!("the body must be application/json, not {kind}");
        return Err(ApiError::new("wrong-content-type").detail(detail));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|cause| ApiError::new("invalid-syntax").detail(format!("the body is not JSON: {cause}")))?;
    match checker.check(&body, &declared.schema) {
        None => Ok(Some(body)),
        Some(error) => {
            let case = if error.missing { "missing-argument" } else { "invalid-argument" };
            let place = if error.pointer.is_empty() { "the body" } else { &error.pointer };
            let detail = format!("{place} {}", error.detail);
            Err(ApiError::new(case).at(error.pointer.clone()).detail(detail))
        }
    }
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}
