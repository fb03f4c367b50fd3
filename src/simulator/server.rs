//! Starts and stops a simulator, and accepts its connections.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;

use super::address::Address;
use super::behaviour::Leasing;
use super::clock::Clock;
use super::connection::{Connection, Cutter};
use super::declaration::Declaration;
use super::engine::Engine;
use super::error::Error;
use super::listener::{Listener, listen};
use super::place::Place;
use super::service::serve;
use super::shared::{Event, Shared};
use crate::protocol::value::{get, merge};

/// The options of a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub address: Address,
    /// Path of the metadata file; `None`: beside the socket.
    pub metadata_path: Option<PathBuf>,
    /// The token to accept; `None`: the one in the world.
    pub token: Option<String>,
    /// Changes to the declared world: objects are merged, anything else replaces what is there.
    pub world: Option<Value>,
    /// Delay of every answer.
    pub latency: Duration,
    /// The scopes that are allowed; `None`: all.
    pub scopes: Option<Vec<String>>,
    /// Whether elections are enabled, so that leases are given.
    pub elections: bool,
    /// How long a holder keeps a lease without checking in; `None`: as the world says.
    pub lease_deadline: Option<Duration>,
    /// The simulator's clock.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: Address::Temporary,
            metadata_path: None,
            token: None,
            world: None,
            latency: Duration::ZERO,
            scopes: None,
            elections: true,
            lease_deadline: None,
            clock: Clock::default(),
        }
    }
}

/// A running simulator. Dropping it closes it.
pub struct Simulator {
    pub(super) shared: Arc<Shared>,
    /// Dropped when the simulator closes, because it keeps the event queue open.
    pub(super) runtime: Option<Handle>,
    pub(super) token: String,
    socket: Option<PathBuf>,
    metadata: Option<PathBuf>,
    tcp: Option<(String, u16)>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Started = Result<(Handle, PlaceNames), Error>;

#[derive(Default)]
struct PlaceNames {
    socket: Option<PathBuf>,
    metadata: Option<PathBuf>,
    tcp: Option<(String, u16)>,
}

impl Simulator {
    /// Starts serving, and returns when connections are accepted. `events` is called on the simulator's thread.
    ///
    /// # Errors
    /// When it cannot listen at the address, or the metadata file cannot be written.
    pub fn start(
        declaration: Arc<Declaration>,
        options: Options,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let mut world = declaration.world.clone();
        if let Some(patch) = options.world {
            merge(&mut world, patch);
        }
        declaration.check_world(&world)?;
        let token = token(&declaration, &world, options.token)?;
        let metadata = declaration.simulation.metadata.as_ref().and_then(|path| get(&world, path));
        let metadata = metadata.map(|metadata| format!("{metadata:#}\n"));
        let leasing = Leasing { enabled: options.elections, deadline: options.lease_deadline };
        let clock = options.clock.clone();
        let mut engine =
            Engine::new(Arc::clone(&declaration), world, Some(token.clone()), leasing, clock.clone());
        engine.set_scopes(options.scopes)?;
        let shared = Arc::new(Shared::new(declaration, engine, clock, options.latency, events));

        let (stop, stopped) = oneshot::channel();
        let (report, started) = mpsc::sync_channel(1);
        let inside = Arc::clone(&shared);
        let (address, path) = (options.address, options.metadata_path);
        let thread = thread::Builder::new().name("cycle-simulator".into()).spawn(move || {
            let runtime = match runtime::Builder::new_current_thread().enable_io().enable_time().build() {
                Ok(runtime) => runtime,
                Err(cause) => return drop(report.send(Err(Error::Thread(cause)))),
            };
            let place = runtime.block_on(async {
                let (listener, place) = match open(&address, path.as_deref(), metadata.as_deref()).await {
                    Ok(opened) => opened,
                    Err(cause) => {
                        let _ = report.send(Err(cause));
                        return None;
                    }
                };
                let names = PlaceNames {
                    socket: place.socket().map(Path::to_owned),
                    metadata: place.metadata().map(Path::to_owned),
                    tcp: place.tcp.clone(),
                };
                let _ = report.send(Ok((Handle::current(), names)));
                tokio::select! {
                    () = accept(listener, inside) => {}
                    _ = stopped => {}
                }
                Some(place)
            });
            // Connections are closed before the socket file is removed.
            drop(runtime);
            drop(place);
        });
        let thread = thread.map_err(Error::Thread)?;
        let outcome: Started = started.recv().unwrap_or_else(|_| {
            Err(Error::Thread(io::Error::other("the simulator's thread ended before it listened")))
        });
        match outcome {
            Ok((runtime, PlaceNames { socket, metadata, tcp })) => {
                let (stop, thread) = (Some(stop), Some(thread));
                let runtime = Some(runtime);
                Ok(Self { shared, runtime, token, socket, metadata, tcp, stop, thread })
            }
            Err(cause) => {
                let _ = thread.join();
                Err(cause)
            }
        }
    }

    /// The token that it accepts, without those added later.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Path of the Unix socket, if it listens on one.
    #[must_use]
    pub fn socket_path(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// Path of the metadata file, if there is one.
    #[must_use]
    pub fn metadata_path(&self) -> Option<&Path> {
        self.metadata.as_deref()
    }

    /// Host and port, if it listens on TCP.
    #[must_use]
    pub fn tcp(&self) -> Option<(&str, u16)> {
        self.tcp.as_ref().map(|(host, port)| (host.as_str(), *port))
    }

    /// Stops: drops all connections, ends the thread and removes the files. The journal can still be read. Calling it
    /// again does nothing.
    pub fn close(&mut self) {
        self.begin_close().wait();
    }

    /// Starts stopping. The returned value waits for the end, on any thread.
    #[must_use]
    pub fn begin_close(&mut self) -> Closing {
        drop(self.stop.take());
        self.runtime = None;
        Closing(self.thread.take())
    }
}

/// A simulator that is stopping.
#[derive(Debug)]
pub struct Closing(Option<JoinHandle<()>>);

impl Closing {
    /// Waits until the thread has ended and the files are removed.
    pub fn wait(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic was already reported by the thread.
            let _ = thread.join();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.close();
    }
}

fn token(declaration: &Declaration, world: &Value, given: Option<String>) -> Result<String, Error> {
    let identity = &declaration.simulation.identity;
    let declared = || get(world, &identity.from)?.get(&identity.token)?.as_str().map(String::from);
    given.or_else(declared).filter(|token| !token.is_empty()).ok_or(Error::NoToken)
}

async fn open(
    address: &Address,
    metadata_path: Option<&Path>,
    metadata: Option<&str>,
) -> Result<(Listener, Place), Error> {
    let (listener, mut place) = listen(address).await?;
    if let Some(text) = metadata {
        place.write_metadata(metadata_path, text)?;
    }
    Ok((listener, place))
}

async fn accept(listener: Listener, shared: Arc<Shared>) {
    loop {
        let accepted = match &listener {
            Listener::Unix(listener) => {
                listener.accept().await.map(|(stream, _)| spawn(stream, Arc::clone(&shared)))
            }
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                // Sends small answers at once. If it fails, they are only delayed.
                let _ = stream.set_nodelay(true);
                spawn(stream, Arc::clone(&shared));
            }),
        };
        if accepted.is_err() {
            // Most likely there are no free file descriptors. Tries again when some may be free.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn spawn<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, shared: Arc<Shared>) {
    tokio::spawn(async move {
        let cutter = Cutter::default();
        let stream = TokioIo::new(Connection::new(stream, cutter.clone()));
        let service = service_fn(move |request| serve(Arc::clone(&shared), cutter.clone(), request));
        // Connections may end with an error, because of the client or a rule.
        let _ = http1::Builder::new().serve_connection(stream, service).with_upgrades().await;
    });
}
