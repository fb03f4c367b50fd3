//! A checked protocol.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::declared_error::Declared;
use super::param::Param;
use super::path::Path;
use super::router::{Route, Router};
use super::secret::{SecretPath, hide};
use super::shape::{Shape, Shapes};
use super::template::Template;

/// The name of the param that holds the server's name or address.
pub(super) const HOST: &str = "host";
/// The name of the param that holds the server's TCP port.
pub(super) const PORT: &str = "port";
/// The name of the param that holds the path of the server's Unix socket.
pub(super) const SOCKET_PATH: &str = "socket-path";

/// A checked API declaration.
#[derive(Debug, Clone)]
pub struct Protocol {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) params: IndexMap<String, Param>,
    pub(super) credential: Credential,
    pub(super) errors: IndexMap<String, Declared>,
    /// Where the body of an error answer has its fields: paths of keys by field name.
    pub(super) fields: IndexMap<String, Vec<String>>,
    /// The key of an answer's body that holds the results.
    pub(super) results: Option<String>,
    /// The shape of a body with that key, for endpoints that declare none.
    pub(super) results_shape: Option<Shape>,
    pub(super) shapes: Shapes,
    pub(super) groups: IndexMap<String, IndexMap<String, Arc<Endpoint>>>,
    /// The endpoints by route: each the index of its group, and its index in the group.
    pub(super) router: Router<(usize, usize)>,
}

/// The credential of authorised endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credential {
    /// The global param that holds it.
    pub(super) param: String,
    /// The header that carries it.
    pub(super) header: String,
}

/// One operation of a protocol.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) method: String,
    pub(super) path: Path,
    pub(super) params: IndexMap<String, Param>,
    pub(super) authorized: bool,
    pub(super) body: Body,
    pub(super) basic: Option<[String; 2]>,
    pub(super) msg: Template,
    pub(super) shape: Option<Shape>,
    pub(super) errors: IndexMap<String, Declared>,
    pub(super) success: Success,
    pub(super) secret: Vec<SecretPath>,
}

/// What becomes the body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// A JSON object of these params.
    Fields(Vec<String>),
    /// The value of this param.
    Whole(String),
}

/// The answer that means success.
#[derive(Debug, Clone)]
pub(super) struct Success {
    /// Its status; `None` for any from 200 to 299.
    pub(super) status: Option<u16>,
    pub(super) msg: Template,
}

impl Success {
    /// Whether an answer with this status means success.
    pub(super) fn is(&self, status: u16) -> bool {
        self.status.map_or((200..300).contains(&status), |success| success == status)
    }
}

impl Protocol {
    /// The endpoint with these declared names.
    #[must_use]
    pub fn endpoint(&self, group: &str, name: &str) -> Option<&Arc<Endpoint>> {
        self.groups.get(group)?.get(name)
    }

    /// The name of the API, if it is declared.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the API is, in one line, if it is declared.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The global param that holds the credential.
    #[must_use]
    pub fn credential_param(&self) -> &str {
        &self.credential.param
    }

    /// The header that carries the credential, in lower case.
    #[must_use]
    pub fn credential_header(&self) -> &str {
        &self.credential.header
    }

    /// The key of an answer's body that holds the results; `None` when the body is the results.
    #[must_use]
    pub fn results_key(&self) -> Option<&str> {
        self.results.as_deref()
    }

    /// A param that calls of an endpoint may give: its own, or a global one.
    #[must_use]
    pub fn call_param<'a>(&'a self, endpoint: &'a Endpoint, name: &str) -> Option<&'a Param> {
        endpoint.params.get(name).or_else(|| self.params.get(name))
    }

    /// The endpoint that a request leads to, by its method and its path without a query.
    #[must_use]
    pub fn endpoint_of(&self, method: &str, path: &str) -> Option<&Endpoint> {
        match self.router.find(method, path) {
            Route::Found(at, _) => Some(self.at(at)),
            Route::Methods(_) | Route::Unknown => None,
        }
    }

    /// The endpoint that a route leads to.
    pub(super) fn at(&self, (group, endpoint): (usize, usize)) -> &Endpoint {
        &self.groups[group][endpoint]
    }

    /// Fills the router, once all endpoints are known.
    pub(super) fn add_routes(&mut self) {
        for (group, endpoints) in self.groups.values().enumerate() {
            for (at, endpoint) in endpoints.values().enumerate() {
                let optional = endpoint.optional_path_param();
                self.router.add(&endpoint.method, endpoint.path.clone(), optional, (group, at));
            }
        }
    }

    /// Replaces the secret parts of an endpoint's results by `mask`. Returns whether anything was hidden.
    pub fn hide_secrets(&self, endpoint: &Endpoint, results: &mut Value, mask: &Value) -> bool {
        hide(results, &endpoint.secret, mask)
    }

    /// Every endpoint, in the order of the declaration.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.groups.values().flat_map(IndexMap::values).map(Arc::as_ref)
    }

    /// Whether a global param says where the server is or carries the credential, and so never becomes part
    /// of a request's path, query or body.
    pub(super) fn is_connection_param(&self, name: &str) -> bool {
        matches!(name, HOST | PORT | SOCKET_PATH) || name == self.credential.param
    }

    /// The global params that go into every request.
    pub(super) fn shared_params(&self) -> impl Iterator<Item = (&String, &Param)> {
        self.params.iter().filter(|(name, _)| !self.is_connection_param(name))
    }

    /// A param that goes into an endpoint's request: its own, or a global one that is not part of the connection.
    pub(super) fn param_of<'a>(&'a self, endpoint: &'a Endpoint, name: &str) -> Option<&'a Param> {
        endpoint
            .params
            .get(name)
            .or_else(|| self.params.get(name).filter(|_| !self.is_connection_param(name)))
    }
}

impl Endpoint {
    /// The name of its group.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Its name in the group.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path template, with `{param}` where params go.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// Group and name: `build.start`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}.{}", self.group, self.name)
    }

    /// The param that may be left out of the path, if any.
    pub(super) fn optional_path_param(&self) -> Option<&str> {
        let name = self.path.last_param()?;
        self.params.get(name).filter(|param| !param.required).map(|_| name)
    }

    /// The names of the params in the body.
    pub(super) fn body_params(&self) -> &[String] {
        match &self.body {
            Body::None => &[],
            Body::Fields(names) => names,
            Body::Whole(name) => std::slice::from_ref(name),
        }
    }

    /// Whether a param goes into the query: whatever has no other place.
    pub(super) fn is_query_param(&self, name: &str) -> bool {
        !self.path.params().any(|param| param == name)
            && !self.body_params().iter().any(|param| param == name)
            && !self.basic.as_ref().is_some_and(|pair| pair.iter().any(|param| param == name))
    }
}
