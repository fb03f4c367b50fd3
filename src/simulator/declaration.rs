//! The declaration of a simulated API: operations, schemas, behaviours and the world, as JSON.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::api_error::ApiErrors;
use super::behaviour::Behaviour;
use super::error::Error;
use super::scopes::{Needed, Scopes};
use super::vanishing::Vanishing;
use super::variables::Variables;
use crate::protocol::Service;
use crate::protocol::path::Path;
use crate::protocol::router::{Route, Router};

/// What a simulator serves. The simulator itself knows no API.
#[derive(Debug)]
pub struct Declaration {
    pub(crate) operations: Vec<Operation>,
    router: Router<usize>,
    /// The `OpenAPI` document in which `$ref` is looked up.
    pub(crate) document: Value,
    pub(crate) schemes: HashMap<String, Scheme>,
    pub(crate) simulation: Simulation,
    pub(crate) world: Value,
    /// For a declared protocol: answers in place of behaviours.
    pub(crate) service: Option<Service>,
    /// For a declared protocol: the header that carries the credential, in lower case.
    pub(crate) credential_header: Option<String>,
}

/// An operation of the API.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Operation {
    #[serde(rename = "operationId")]
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) params: Vec<Param>,
    #[serde(default)]
    pub(crate) body: Option<Body>,
    /// Names of security schemes. A request must meet one of them, or none if there are none.
    #[serde(default)]
    pub(crate) auth: Vec<String>,
    #[serde(default)]
    pub(crate) scopes: Option<Needed>,
    #[serde(default)]
    pub(crate) success: Success,
}

/// A parameter of an operation.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Param {
    pub(crate) name: String,
    /// `query`, `path` or `header`.
    #[serde(rename = "in")]
    pub(crate) place: String,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) schema: Value,
}

/// The JSON body that an operation takes.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Body {
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) schema: Value,
}

/// The success answer of an operation.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Success {
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) schema: Value,
}

impl Default for Success {
    fn default() -> Self {
        Self { status: ok(), schema: Value::Null }
    }
}

fn ok() -> u16 {
    200
}

/// A security scheme: how a request is authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// A token in this header, whose name is in lower case.
    Header(String),
    /// User name and password, by HTTP basic authentication.
    Basic,
}

/// How the declared operations behave.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Simulation {
    pub(crate) identity: Identity,
    /// Path in the world to the content of the metadata file.
    #[serde(default)]
    pub(crate) metadata: Option<String>,
    pub(crate) errors: ApiErrors,
    #[serde(default)]
    pub(crate) scopes: Option<Scopes>,
    #[serde(default)]
    pub(crate) channel: Option<Channel>,
    #[serde(default)]
    pub(crate) vanishing: Vec<Vanishing>,
    #[serde(default)]
    pub(crate) variables: Option<Variables>,
    #[serde(default)]
    pub(crate) operations: BTreeMap<String, Behaviour>,
}

/// Which entries of the world the tokens belong to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Path in the world to `$self` for requests with the first token.
    pub(crate) from: String,
    /// The field of `$self` that contains the first token.
    pub(crate) token: String,
    /// Path of the collection to whose entries further tokens can belong. Entries are found by `id`.
    #[serde(default, rename = "in")]
    pub(crate) collection: Option<String>,
    /// The fields of `$self` that are different for a further token; `$entry` is its entry.
    #[serde(default)]
    pub(crate) take: Value,
}

/// The notification endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Channel {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) auth: Vec<String>,
    /// Scopes that the handshake needs.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// Fields that are added to every message, unless it has them.
    #[serde(default)]
    pub(crate) message: Value,
}

impl Declaration {
    /// Reads a declaration.
    ///
    /// * `operations`: an array of operations, each with `operationId`, `method`, `path`, `params`, `body`, `auth`,
    ///   `success`
    /// * `document`: the `OpenAPI` document with the `components` that the operations refer to
    /// * `simulation`: the behaviour of each operation, the errors, and the notification endpoint
    /// * `world`: the data to serve
    ///
    /// # Errors
    /// When a text is not valid JSON of this form, or refers to something that is not declared.
    pub fn parse(operations: &str, document: &str, simulation: &str, world: &str) -> Result<Self, Error> {
        let operations: Vec<Operation> = read("operation table", operations)?;
        let document: Value = read("API document", document)?;
        let simulation: Simulation = read("simulation table", simulation)?;
        let world = read("world", world)?;

        let known = |name: &String| operations.iter().any(|operation| operation.id == *name);
        if let Some(name) = simulation.operations.keys().find(|name| !known(name)) {
            return Err(Error::UnknownOperation(name.clone()));
        }
        let named = simulation.operations.values().flat_map(Behaviour::cases);
        let named = named.chain(simulation.scopes.iter().map(|scopes| scopes.missing.as_str()));
        if let Some(case) =
            ApiErrors::BUILT_IN.into_iter().chain(named).find(|case| !simulation.errors.has(case))
        {
            return Err(Error::UnknownCase(case.to_owned()));
        }
        let mut schemes = HashMap::new();
        let wanted = operations.iter().flat_map(|operation| &operation.auth);
        for name in wanted.chain(simulation.channel.iter().flat_map(|channel| &channel.auth)) {
            let scheme = scheme(&document, name).ok_or_else(|| Error::UnknownScheme(name.clone()))?;
            schemes.insert(name.clone(), scheme);
        }
        let mut router = Router::default();
        for (index, operation) in operations.iter().enumerate() {
            let path = Path::parse(&operation.path)
                .map_err(|fault| Error::OperationPath { operation: operation.id.clone(), fault })?;
            router.add(&operation.method, path, None, index);
        }
        Ok(Self {
            operations,
            router,
            document,
            schemes,
            simulation,
            world,
            service: None,
            credential_header: None,
        })
    }

    /// Finds the operation for a method and path. `HEAD` requests get the `GET` operation.
    pub(crate) fn route(&self, method: &str, path: &str) -> Route<&Operation> {
        let route = match self.router.find(method, path) {
            Route::Methods(methods) if method == "HEAD" && methods.iter().any(|known| known == "GET") => {
                self.router.find("GET", path)
            }
            route => route,
        };
        match route {
            Route::Found(index, values) => Route::Found(&self.operations[index], values),
            Route::Methods(methods) => Route::Methods(methods),
            Route::Unknown => Route::Unknown,
        }
    }

    /// Checks that the behaviours can serve a world.
    ///
    /// # Errors
    /// When a value of the world is not of the form that a behaviour needs.
    pub(crate) fn check_world(&self, world: &Value) -> Result<(), Error> {
        let Simulation { operations, vanishing, .. } = &self.simulation;
        operations
            .values()
            .try_for_each(|behaviour| behaviour.check_world(world))
            .and_then(|()| vanishing.iter().try_for_each(|vanishing| vanishing.check_world(world)))
            .map_err(Error::World)
    }

    /// The names of the headers that carry secrets, in lower case.
    pub(crate) fn secret_headers(&self) -> Vec<String> {
        let names = self.schemes.values().map(|scheme| match scheme {
            Scheme::Header(name) => name.clone(),
            Scheme::Basic => "authorization".into(),
        });
        let own = self.credential_header.iter().cloned();
        names.chain(own).chain(["authorization".into(), "cookie".into()]).collect()
    }
}

fn read<T: serde::de::DeserializeOwned>(part: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|cause| Error::Declaration { part, cause })
}

fn scheme(document: &Value, name: &str) -> Option<Scheme> {
    let declared = document.pointer("/components/securitySchemes")?.get(name)?;
    let field = |name: &str| declared.get(name).and_then(Value::as_str);
    match (field("type")?, field("in"), field("scheme")) {
        ("apiKey", Some("header"), _) => Some(Scheme::Header(field("name")?.to_ascii_lowercase())),
        ("http", _, Some(scheme)) if scheme.eq_ignore_ascii_case("basic") => Some(Scheme::Basic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{DOCUMENT, OPERATIONS, SIMULATION, WORLD};
    use super::*;

    fn refused(operations: &str, document: &str, simulation: &str) -> String {
        Declaration::parse(operations, document, simulation, WORLD).unwrap_err().to_string()
    }

    #[test]
    fn reads_the_four_texts() {
        let declaration = Declaration::parse(OPERATIONS, DOCUMENT, SIMULATION, WORLD).unwrap();
        assert_eq!(declaration.schemes["token"], Scheme::Header("x-token".into()));
        assert_eq!(declaration.schemes["basic"], Scheme::Basic);
        assert!(declaration.secret_headers().contains(&"x-token".to_owned()));
    }

    #[test]
    fn says_which_text_is_wrong() {
        assert!(refused("[", DOCUMENT, SIMULATION).starts_with("the operation table can't be read: EOF"));
        assert!(refused(OPERATIONS, "", SIMULATION).starts_with("the API document can't be read"));
        let odd = SIMULATION.replace(r#""kind": "record""#, r#""kind": "dance""#);
        assert!(refused(OPERATIONS, DOCUMENT, &odd).contains("unknown variant `dance`"));
    }

    #[test]
    fn answers_head_as_get() {
        let declaration = Declaration::parse(OPERATIONS, DOCUMENT, SIMULATION, WORLD).unwrap();
        let operation = |method: &str| match declaration.route(method, "/thing") {
            Route::Found(operation, _) => Some(operation.id.clone()),
            Route::Methods(_) | Route::Unknown => None,
        };
        assert!(operation("HEAD").is_some());
        assert_eq!(operation("HEAD"), operation("GET"));
        assert_eq!(operation("BREW"), None);
    }

    #[test]
    fn refuses_paths_that_are_none() {
        let other = OPERATIONS.replace("\"/thing\"", "\"thing\"");
        assert!(refused(&other, DOCUMENT, SIMULATION).ends_with("can't be served: a path starts with /"));
    }

    #[test]
    fn refuses_names_that_are_not_declared() {
        let other = SIMULATION.replace(r#""getThing":"#, r#""getOther":"#);
        assert_eq!(
            refused(OPERATIONS, DOCUMENT, &other),
            r#"the simulation names the operation "getOther", which is not declared"#
        );
        let other = SIMULATION.replace(r#""missing": "thing""#, r#""missing": "thong""#);
        assert_eq!(refused(OPERATIONS, DOCUMENT, &other), r#"the simulation declares no error case "thong""#);
        let other = SIMULATION.replace(r#""wrong-method":"#, r#""wrong":"#);
        assert_eq!(
            refused(OPERATIONS, DOCUMENT, &other),
            r#"the simulation declares no error case "wrong-method""#
        );
        let other = DOCUMENT.replace(r#""basic":"#, r#""digest":"#);
        assert!(refused(OPERATIONS, &other, SIMULATION).starts_with(r#"the security scheme "basic""#));
    }
}
