//! The event-loop lane: hyper's connections on an [`EventLoop`] of the caller's thread.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::pooled::{Network, PooledDispatch, Socket};
use crate::http::Transport;
use crate::http::call::Call;
use crate::http::endpoint::Endpoint;
use crate::http::engine::Engine;
use crate::http::event::Sink;
use crate::http::limits::Limits;
use crate::runtime::traffic::Traffic;
use crate::runtime::{Address, Awaited, EventLoop, Probe, Stream, connect};

/// How long a liveness check stays valid for the other connections that were checked with the first.
const FRESH: Duration = Duration::from_millis(1);

/// Calls over connections that live on the caller's thread. Requests are written before [`Transport::start`] returns, unless
/// they are [corked](EventLoop::cork). Dropping it drops the calls in flight.
pub struct EventLoopTransport<S> {
    engine: Engine<PooledDispatch<LoopNetwork>, S>,
    event_loop: Rc<EventLoop>,
}

/// Whether this lane can connect to `endpoint`: not to a host name, because looking it up would block.
#[must_use]
pub fn can_reach(endpoint: &Endpoint) -> bool {
    address(endpoint).is_some()
}

fn address(endpoint: &Endpoint) -> Option<Address> {
    Some(match endpoint {
        Endpoint::Unix(path) => Address::Unix(path.clone()),
        Endpoint::Tcp { host, port } => Address::Tcp((host.parse::<IpAddr>().ok()?, *port).into()),
    })
}

impl<S: Sink + Clone> EventLoopTransport<S> {
    /// Prepares calls to `endpoint`. The first call connects.
    ///
    /// # Errors
    /// `InvalidInput` for an endpoint that this lane [cannot reach](can_reach).
    pub fn new(
        event_loop: &Rc<EventLoop>,
        endpoint: &Endpoint,
        limits: &Limits,
        sink: S,
    ) -> io::Result<Self> {
        let address = address(endpoint).ok_or(io::ErrorKind::InvalidInput)?;
        let network = LoopNetwork { event_loop: Rc::clone(event_loop), address };
        let dispatch = PooledDispatch::new(network, limits);
        Ok(Self { engine: Engine::new(dispatch, limits, sink), event_loop: Rc::clone(event_loop) })
    }
}

impl<S: Sink + Clone> Transport for EventLoopTransport<S> {
    fn start(&self, call: Call) {
        self.event_loop.enter(|| self.engine.start(call));
    }

    fn cancel(&self, id: u32) {
        self.event_loop.enter(|| self.engine.cancel(id));
    }

    fn consumed(&self, id: u32, bytes: usize) {
        self.event_loop.enter(|| self.engine.consumed(id, bytes));
    }

    fn upload(&self, id: u32, chunk: Option<Bytes>) {
        self.event_loop.enter(|| self.engine.upload(id, chunk));
    }
}

/// Sockets on an event loop, connected to one address.
struct LoopNetwork {
    event_loop: Rc<EventLoop>,
    address: Address,
}

impl Network for LoopNetwork {
    type Stream = Stream;
    type Probe = Probe;
    type Awaited = Awaited;

    async fn connect(&self) -> io::Result<Stream> {
        connect(&self.event_loop, &self.address).await
    }

    fn probe(&self, stream: &Stream) -> Probe {
        stream.probe()
    }

    fn was_live(&self, probe: &Probe) -> bool {
        probe.was_live_within(FRESH)
    }

    fn check_liveness<'a>(&self, first: &'a Probe, next: impl Iterator<Item = &'a Probe>) -> bool {
        self.event_loop.check_liveness(first, next)
    }

    fn await_answer(&self, probe: &Probe) -> Awaited {
        probe.forget_liveness();
        self.event_loop.await_answer()
    }

    async fn sleep(&self, delay: Duration) {
        self.event_loop.sleep(delay).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.event_loop.spawn(task);
    }
}

impl Socket for Stream {
    fn traffic(&self) -> &Rc<Traffic> {
        Stream::traffic(self)
    }
}

#[cfg(test)]
mod lost_connection_tests;
#[cfg(test)]
mod tests;
