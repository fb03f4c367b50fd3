//! Answers a request without input or output: finds its operation, authenticates it, checks it and runs the behaviour.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::api_error::ApiError;
use super::arguments::{check_params, read_body};
use super::behaviour::{Behaviour, Call, Leasing, Outcome, State};
use super::clock::{Clock, rfc3339};
use super::declaration::{Declaration, Operation, Scheme};
use super::error::Error;
use super::placeholders::{Scope, fill};
use super::protocol;
use super::reply::Reply;
use super::request::Request;
use super::schema::Checker;
use super::scopes::{self, Allowed, Needed};
use super::world::entries;
use crate::protocol::router::Route;
use crate::protocol::sample::sample;
use crate::protocol::value::{get, merge};
use crate::protocol::{Service, names};

/// The state of the simulated platform.
pub(crate) struct Engine {
    declaration: Arc<Declaration>,
    /// The world as it was at the start.
    origin: Value,
    world: Value,
    state: State,
    /// The fields of `$self` by token. The first token has `None`: it belongs to whom the world names.
    tokens: HashMap<String, Option<Value>>,
    scopes: Allowed,
    leasing: Leasing,
    clock: Clock,
    /// When the world was as it is in `origin`.
    started: Duration,
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
        let declared = || get(&world, &identity.from)?.get(&identity.token)?.as_str().map(String::from);
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
            tokens: HashMap::from([(token, None)]),
            scopes: None,
            leasing,
            started: clock.now(),
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
        self.tokens.insert(token.to_owned(), Some(who));
        true
    }

    /// Replaces the first token. The one before is unknown from now on.
    pub(crate) fn set_token(&mut self, token: String) {
        if let Some(service) = &mut self.service {
            service.accept(Some(token.clone()));
        }
        self.tokens.retain(|_, who| who.is_some());
        self.tokens.insert(token, None);
    }

    /// Allows only operations that need none but these scopes; everything with `None`.
    pub(crate) fn set_scopes(&mut self, scopes: Allowed) -> Result<(), Error> {
        let known = self.declaration.simulation.scopes.as_ref().map_or(&[][..], |scopes| &scopes.names);
        if let Some(unknown) = scopes.iter().flatten().find(|scope| !known.contains(scope)) {
            let hint = names::suggestion(unknown, known.iter().map(String::as_str));
            return Err(Error::UnknownScopeName(unknown.clone(), format!("{}{hint}", known.join(", "))));
        }
        self.scopes = scopes;
        Ok(())
    }

    /// Checks that the notification endpoint is allowed.
    pub(crate) fn check_channel_scopes(&self) -> Result<(), ApiError> {
        let needed = self.declaration.simulation.channel.iter().flat_map(|channel| &channel.scopes);
        scopes::check(self.declaration.simulation.scopes.as_ref(), &self.scopes, needed)
    }

    /// Whether the text is one of the tokens.
    pub(crate) fn is_token(&self, text: &str) -> bool {
        self.tokens.contains_key(text)
    }

    /// Restores the initial state. Tokens stay.
    pub(crate) fn reset(&mut self) {
        self.world = self.origin.clone();
        self.state = State::default();
        self.started = self.clock.now();
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

    /// Changes the world.
    ///
    /// # Errors
    /// When the behaviours cannot serve the changed world. The world stays as it was.
    pub(crate) fn change_world(&mut self, change: impl FnOnce(&mut Value)) -> Result<(), Error> {
        let mut world = self.world().clone();
        change(&mut world);
        self.declaration.check_world(&world)?;
        self.world = world;
        Ok(())
    }

    /// The environment variables that the platform sets for the instance that the first token belongs to.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        let Some(variables) = &self.declaration.simulation.variables else { return BTreeMap::new() };
        let who = get(&self.world, &self.declaration.simulation.identity.from);
        variables.fill(&self.world, who.unwrap_or(&Value::Null))
    }

    /// Changes in the world what time alone has changed: fields vanish, and leases that were not renewed are over.
    fn expire(&mut self) {
        let now = self.clock.now();
        for vanishing in &self.declaration.simulation.vanishing {
            vanishing.apply(&mut self.world, now.saturating_sub(self.started));
        }
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
        let declared = self.declaration.simulation.scopes.as_ref();
        let needed = operation.scopes.as_ref();
        scopes::check(declared, &self.scopes, needed.into_iter().flat_map(Needed::always))?;
        let checker = Checker::new(&self.declaration.document);
        check_params(operation, &path, request, checker)?;
        let body = read_body(operation, request, checker)?;
        let given = |param: &str| {
            request.query.get(param).or_else(|| body.as_ref()?.get(param)).and_then(Value::as_str)
        };
        scopes::check(declared, &self.scopes, needed.into_iter().flat_map(|needed| needed.chosen(given)))?;

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
        let known = headers.clone().find_map(|name| self.tokens.get(request.header(name)?));
        let basic = credentials.is_some() && declared.contains(&&Scheme::Basic);
        if known.is_some() || basic || declared.is_empty() {
            let of_the_world = || get(&self.world, &self.declaration.simulation.identity.from);
            let identity = known.and_then(Option::as_ref).or_else(of_the_world).cloned().unwrap_or_default();
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
