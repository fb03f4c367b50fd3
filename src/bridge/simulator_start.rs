//! Starts simulators for JavaScript.

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

/// What a simulator is made of.
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
    /// A protocol declaration to serve in place of all these, as JSON.
    pub protocol: Option<String>,
    /// What is put over them, as JSON.
    pub world: Option<String>,
    /// Path of the socket; or `host` and `port`; or neither, for a folder of its own.
    pub socket_path: Option<String>,
    /// Interface of the TCP port.
    pub host: Option<String>,
    /// TCP port; 0 for any.
    pub port: Option<u16>,
    /// Path of the metadata file.
    pub metadata_path: Option<String>,
    /// The token to accept.
    pub token: Option<String>,
    /// Waited before every answer, in milliseconds.
    pub latency_ms: Option<f64>,
    /// Whether elections are held.
    pub elections: Option<bool>,
    /// How long a primary may be silent, in milliseconds.
    pub election_deadline_ms: Option<f64>,
}

/// Why there is no simulator.
#[napi(object, object_from_js = false)]
pub struct SimulatorError {
    /// A symbolic code, such as `EADDRINUSE`.
    pub code: String,
    /// What happened, and what to do.
    pub message: String,
}

/// Events that JavaScript has not been told of.
type Outbox = Arc<Mutex<Vec<Event>>>;

/// Starts a simulator on a thread of the pool.
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
                    wakeup.hold(env.raw());
                }
                Either::A(NativeSimulator::new(simulator, wakeup))
            }
            Err(failure) => Either::B(failure),
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
        elections: options.elections.unwrap_or(true),
        lease_deadline: options.election_deadline_ms.map(duration),
        clock: Clock::default(),
    };
    Simulator::start(Arc::new(declaration), options, events)
        .map_err(|cause| SimulatorError { code: cause.code().into(), message: cause.to_string() })
}

/// The events as a JSON array.
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

/// Starts a simulator. Events come to `deliver` as a JSON array, a batch a call.
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
