//! Makes calls, in which a client's options and the environment give the global params that a call leaves out.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::address::Address;
use super::call_error::{CallError, Context, UNAUTHORIZED};
use super::request::Call;
use super::types::{Endpoint, HOST, PORT, Protocol, SOCKET_PATH};

/// Makes calls of a protocol's endpoints.
#[derive(Debug)]
pub struct Caller {
    protocol: Arc<Protocol>,
    /// In the order of the declaration, as [`Protocol::commands`] has them.
    endpoints: Vec<Arc<Endpoint>>,
    /// Global params for calls that do not give them: from the options, then from the environment.
    settings: [Map<String, Value>; 2],
    /// For calls that give neither an address nor a credential.
    connection: Connection,
}

/// Where a call goes, and with what credential. An invalid one is reported only when a call needs it.
#[derive(Debug)]
struct Connection {
    address: Result<Arc<Address>, (&'static str, String)>,
    credential: Option<Value>,
}

impl Caller {
    /// A caller for `protocol`. `options` are global params for calls that do not give them.
    #[must_use]
    pub fn new(protocol: Arc<Protocol>, options: Map<String, Value>) -> Self {
        let endpoints = protocol.groups.values().flat_map(IndexMap::values).map(Arc::clone).collect();
        let settings = [options, Map::new()];
        let connection = protocol.connection(&mut Map::new(), &settings);
        Self { protocol, endpoints, settings, connection }
    }

    /// Sets the global params that the environment gives; calls and options are preferred to them.
    pub fn set_environment(&mut self, environment: Map<String, Value>) {
        self.settings[1] = environment;
        self.connection = self.protocol.connection(&mut Map::new(), &self.settings);
    }

    /// The protocol whose endpoints are called.
    #[must_use]
    pub fn protocol(&self) -> &Arc<Protocol> {
        &self.protocol
    }

    /// The endpoint with this index in [`Protocol::commands`].
    #[must_use]
    pub fn endpoint(&self, number: usize) -> Option<&Arc<Endpoint>> {
        self.endpoints.get(number)
    }

    /// Checks the params of a call: those of the endpoint, and any global ones.
    ///
    /// # Errors
    /// `malformedRequest` for the first param that is missing, unknown or does not fit; `unauthorized` when
    /// the endpoint needs a credential and there is none.
    pub fn call(
        &self,
        endpoint: &Arc<Endpoint>,
        mut given: Map<String, Value>,
    ) -> Result<Call, Box<CallError>> {
        let protocol = &self.protocol;
        let malformed = |name: &str, reason: &str| protocol.malformed(endpoint, name, reason);
        let own = protocol
            .connection_params()
            .iter()
            .any(|name| given.contains_key(*name))
            .then(|| protocol.connection(&mut given, &self.settings));
        let connection = own.as_ref().unwrap_or(&self.connection);
        if let Some(unknown) = given.keys().find(|name| protocol.param_of(endpoint, name).is_none()) {
            return Err(malformed(unknown, "it is not a param of this endpoint"));
        }
        let mut params = Map::new();
        for (name, param) in endpoint.params.iter().chain(protocol.shared_params()) {
            let setting = || {
                let set = self.settings.iter().find_map(|layer| layer.get(name));
                set.filter(|_| protocol.params.contains_key(name)).cloned()
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
        let address = match &connection.address {
            Ok(address) => Arc::clone(address),
            Err((name, reason)) => return Err(malformed(name, reason)),
        };
        let credential = protocol.read_credential(endpoint, connection.credential.as_ref())?;
        Ok(Call {
            protocol: Arc::clone(protocol),
            endpoint: Arc::clone(endpoint),
            params,
            address,
            credential,
        })
    }
}

impl Protocol {
    /// Checks the address in settings before any call is made.
    ///
    /// # Errors
    /// The name of a param and what is wrong with it, such as "must not be empty".
    pub fn check_connection(&self, settings: &Map<String, Value>) -> Result<(), (&'static str, String)> {
        Address::check(settings)
    }

    /// The names of the params that say where a call goes, and with what credential.
    fn connection_params(&self) -> [&str; 4] {
        [HOST, PORT, SOCKET_PATH, &self.credential.param]
    }

    /// Moves the params of the connection out of `given`, and takes missing ones from `settings` and defaults.
    fn connection(&self, given: &mut Map<String, Value>, settings: &[Map<String, Value>]) -> Connection {
        let mut connection = Map::new();
        let names = self.connection_params();
        for name in names {
            if let Some(value) = given.remove(name) {
                connection.insert(name.to_owned(), value);
            }
        }
        // Once one source gives a host or a socket path, later sources cannot add the other kind of address.
        let defaults: Map<String, Value> = self
            .params
            .iter()
            .filter_map(|(name, param)| Some((name.clone(), param.default.clone()?)))
            .collect();
        for source in settings.iter().chain([&defaults]) {
            let tcp = connection.contains_key(HOST);
            let unix = connection.contains_key(SOCKET_PATH);
            for name in names {
                let moot = (name == SOCKET_PATH && tcp) || (matches!(name, HOST | PORT) && unix);
                if let Some(value) = source.get(name).filter(|_| !moot && !connection.contains_key(name)) {
                    connection.insert(name.to_owned(), value.clone());
                }
            }
        }
        Connection {
            address: Address::read(&connection).map(Arc::new),
            credential: connection.remove(&self.credential.param),
        }
    }

    fn read_credential(
        &self,
        endpoint: &Endpoint,
        credential: Option<&Value>,
    ) -> Result<Option<String>, Box<CallError>> {
        if !endpoint.authorized {
            return Ok(None);
        }
        let name = &self.credential.param;
        match credential {
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
                Err(self.malformed(endpoint, name, "must contain only printable ASCII characters"))
            }
            Some(_) => Err(self.malformed(endpoint, name, "must be a String")),
        }
    }
}
