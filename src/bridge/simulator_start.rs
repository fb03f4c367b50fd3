//! Starts a simulator for JavaScript.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{AsyncTask, Either, Env, Function, JsValue as _, Result, Task, Unknown};
use napi_derive::napi;

use super::simulator::NativeSimulator;
use super::values;
use super::wakeup::{Waker, Wakeup};
use super::wire::simulator::{CONNECTIONS, PUBLISHED, QUESTION};
use crate::milliseconds::milliseconds;
use crate::protocol::Protocol;
use crate::simulator::{Address, Clock, Declaration, Event, Options, Simulator};

/// Options of a simulator.
#[napi(object, object_to_js = false)]
pub struct SimulatorOptions {
    /// The operation table, as JSON.
    pub operations: String,
    /// The document with the schemas, as JSON.
    pub document: String,
    /// How the operations behave, as JSON.
    pub simulation: String,
    /// The collections that are served, as JSON.
    pub fixtures: String,
    /// A protocol declaration to serve instead of all these, as JSON.
    pub protocol: Option<String>,
    /// What is merged into the collections, as JSON.
    pub world: Option<String>,
    /// Path of the Unix socket. Without it, `host` and `port` are used; without `port`, a socket in a new folder.
    pub socket_path: Option<String>,
    /// Address to listen on; `127.0.0.1` by default.
    pub host: Option<String>,
    /// TCP port; 0 for any free one.
    pub port: Option<u16>,
    /// Where to write the metadata file.
    pub metadata_path: Option<String>,
    /// A token to accept.
    pub token: Option<String>,
    /// Delay before every answer, in milliseconds; 0 by default.
    pub latency_ms: Option<f64>,
    /// The scopes that are allowed; all by default.
    pub scopes: Option<Vec<String>>,
    /// Whether it holds elections; `true` by default.
    pub elections: Option<bool>,
    /// How long a primary may be silent before it loses its role, in milliseconds; by default what the world says.
    pub election_deadline_ms: Option<f64>,
}

/// Why a simulator could not be started.
#[napi(object, object_from_js = false)]
pub struct SimulatorError {
    /// A symbolic code, such as `EADDRINUSE`.
    pub code: String,
    /// What happened, and what to do.
    pub message: String,
}

/// Events that JavaScript did not get yet.
type Outbox = Arc<Mutex<Vec<Event>>>;

/// Starts a simulator on a thread of libuv's pool.
pub struct Start {
    options: SimulatorOptions,
    outbox: Outbox,
    wakeup: Option<Wakeup>,
}

impl Task for Start {
    type Output = std::result::Result<Simulator, SimulatorError>;
    type JsValue = Either<NativeSimulator, SimulatorError>;

    fn compute(&mut self) -> Result<Self::Output> {
        let (outbox, waker) = (Arc::clone(&self.outbox), self.wakeup.as_deref().cloned());
        Ok(start(&self.options, move |event| {
            outbox.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            if let Some(waker) = &waker {
                waker.wake();
            }
        }))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> Result<Self::JsValue> {
        Ok(match output {
            Ok(simulator) => {
                let wakeup = self.wakeup.take();
                if let Some(wakeup) = &wakeup {
                    wakeup.r#ref(env.raw());
                }
                Either::A(NativeSimulator::new(simulator, wakeup))
            }
            Err(error) => Either::B(error),
        })
    }
}

fn start(
    options: &SimulatorOptions,
    events: impl Fn(Event) + Send + Sync + 'static,
) -> std::result::Result<Simulator, SimulatorError> {
    let refused = |cause: String| SimulatorError { code: "ERR_CYCLE_DECLARATION".into(), message: cause };
    let declaration = match &options.protocol {
        None => {
            Declaration::parse(&options.operations, &options.document, &options.simulation, &options.fixtures)
        }
        Some(text) => {
            Declaration::of_protocol(Protocol::from_json(text).map_err(|cause| refused(cause.to_string()))?)
        }
    }
    .map_err(|cause| refused(cause.to_string()))?;
    let world = options.world.as_deref().map(serde_json::from_str).transpose().map_err(|cause| {
        SimulatorError { code: "ERR_INVALID_ARG_VALUE".into(), message: format!("world: {cause}") }
    })?;
    let address = match (&options.socket_path, &options.port) {
        (Some(path), _) => Address::Unix(path.into()),
        (None, Some(port)) => {
            let host = options.host.clone().unwrap_or_else(|| "127.0.0.1".into());
            Address::Tcp { host, port: *port }
        }
        (None, None) => Address::Temporary,
    };
    let duration = |ms| milliseconds(ms, f64::INFINITY);
    let options = Options {
        address,
        metadata_path: options.metadata_path.as_ref().map(PathBuf::from),
        token: options.token.clone(),
        world,
        latency: options.latency_ms.map(duration).unwrap_or_default(),
        scopes: options.scopes.clone(),
        elections: options.elections.unwrap_or(true),
        lease_deadline: options.election_deadline_ms.map(duration),
        clock: Clock::default(),
    };
    Simulator::start(Arc::new(declaration), options, events)
        .map_err(|cause| SimulatorError { code: cause.code().into(), message: cause.to_string() })
}

/// Converts events to a JSON array.
fn to_json(events: Vec<Event>) -> String {
    let texts: Vec<_> = events
        .into_iter()
        .map(|event| match event {
            Event::Question { question, rule, request } => {
                format!(r#"{{"type":"{QUESTION}","question":{question},"rule":{rule},"request":{request}}}"#)
            }
            Event::Connections(count) => format!(r#"{{"type":"{CONNECTIONS}","count":{count}}}"#),
            Event::Published { publisher } => format!(r#"{{"type":"{PUBLISHED}","publisher":{publisher}}}"#),
        })
        .collect();
    format!("[{}]", texts.join(","))
}

/// Starts a simulator. `deliver` is called with batches of events, each a JSON array.
///
/// # Errors
/// When the environment is closing.
#[napi(catch_unwind, ts_return_type = "Promise<NativeSimulator | SimulatorError>")]
pub fn start_simulator(
    env: Env,
    options: SimulatorOptions,
    deliver: Function<'_, Unknown<'_>, ()>,
) -> Result<AsyncTask<Start>> {
    let outbox = Outbox::default();
    let waiting = Arc::clone(&outbox);
    let drain = move |env, _: &Waker| {
        let events = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if events.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![values::utf8(env, to_json(events).as_bytes())?])
    };
    let wakeup = Wakeup::new(env.raw(), deliver.value().value, "cycle:simulator", Box::new(drain))?;
    Ok(AsyncTask::new(Start { options, outbox, wakeup: Some(wakeup) }))
}
