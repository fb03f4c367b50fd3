//! The lane of the caller's own thread: hyper's connections on an [`EventLoop`].

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::iter;
use std::net::IpAddr;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, SendRequest};

use self::reread::{Left, reread};
use super::answer_head;
use super::body::Body;
use super::call::Call;
use super::dispatch::{Dispatch, DispatchError, Task};
use super::endpoint::Endpoint;
use super::engine::Engine;
use super::event::Sink;
use super::exchange::classify;
use super::failure::Failure;
use super::{MAX_HEADERS, Transport};
use crate::event_loop::{Address, Awaited, EventLoop, Lease, Permit, Pool, Probe, Stream, connect};

/// How often connections are looked at that serve nobody: one that was idle between two looks is closed,
/// so after 45 to 90 seconds.
const IDLE_CHECK: Duration = Duration::from_secs(45);

/// How long a look at an idle connection counts.
const FRESH: Duration = Duration::from_millis(1);
/// Idle connections that are looked at together.
const LOOKS: usize = 64;

/// Calls over connections that live on the caller's thread. The request is written before
/// [`Transport::start`] returns. Dropping it drops the calls in flight.
pub struct EventLoopTransport<S> {
    engine: Engine<EventLoopDispatch, S>,
    event_loop: Rc<EventLoop>,
}

/// Whether this lane can connect to `endpoint`: a host name must be looked up first, which would block.
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
    /// Prepares a pool of at most `max_connections` connections to `endpoint`; nothing is connected yet.
    ///
    /// # Errors
    /// `InvalidInput` for an endpoint that this lane [cannot reach](can_reach).
    pub fn new(
        event_loop: &Rc<EventLoop>,
        endpoint: &Endpoint,
        max_connections: usize,
        sink: S,
    ) -> io::Result<Self> {
        let address = address(endpoint).ok_or(io::ErrorKind::InvalidInput)?;
        let dispatch = EventLoopDispatch {
            event_loop: Rc::clone(event_loop),
            address,
            pool: Pool::new(max_connections),
            checked: Rc::default(),
            many_headers: Cell::new(false),
        };
        Ok(Self { engine: Engine::new(dispatch, sink), event_loop: Rc::clone(event_loop) })
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

struct EventLoopDispatch {
    event_loop: Rc<EventLoop>,
    address: Address,
    pool: Rc<Pool<Connection>>,
    /// Whether a task looks after idle connections.
    checked: Rc<Cell<bool>>,
    /// Whether new connections have room for many header fields: an answer needed it.
    many_headers: Cell<bool>,
}

/// A connection that serves nobody.
struct Connection {
    sender: SendRequest<Body>,
    line: Rc<Line>,
}

/// What a connection's user and the task that drives it share.
struct Line {
    probe: Probe,
    /// While a request is under way: whoever drives the connection sees when it is over.
    busy: RefCell<Option<Busy>>,
    /// Whether it served since the last look at idle connections.
    served: Cell<bool>,
    /// What it left when it ended with an answer that it did not understand.
    left: RefCell<Option<Left>>,
}

struct Busy {
    sender: SendRequest<Body>,
    _awaited: Awaited,
}

impl Connection {
    /// Sends a request at once; the future is done with the head of the answer. The connection goes back to
    /// its pool on its own.
    fn send(
        mut self,
        request: Request<Body>,
        awaited: Awaited,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Request<Body>>>> {
        let answer = self.sender.try_send_request(request);
        self.line.probe.forget_look();
        self.line.served.set(true);
        self.line.busy.replace(Some(Busy { sender: self.sender, _awaited: awaited }));
        answer
    }
}

impl EventLoopDispatch {
    /// Bytes or an end that nobody asked for make a connection useless, and the loop may not have seen them yet. What
    /// one call looks at, the next in the same turn need not look at again.
    fn is_usable(&self, connection: &Connection) -> bool {
        if connection.sender.is_closed() {
            return false;
        }
        let probe = &connection.line.probe;
        if !probe.was_quiet_within(FRESH) {
            self.pool.next(LOOKS - 1, |idle| {
                self.event_loop.look(iter::once(connection).chain(idle).map(|idle| &idle.line.probe));
            });
        }
        probe.was_quiet_within(FRESH)
    }

    /// An answer whose head agrees with itself. The connection of any other is not used again.
    fn checked(
        &self,
        response: Response<Incoming>,
        line: &Rc<Line>,
    ) -> Result<Response<Incoming>, DispatchError> {
        let checked = answer_head::check(&response);
        if !matches!(checked, Ok(true)) {
            line.busy.take();
            self.pool.retain(|idle| !Rc::ptr_eq(&idle.line, line));
        }
        checked.map(|_| response).map_err(|failure| DispatchError { failure, stale: false })
    }

    async fn open(&self, permit: Permit<Connection>) -> Result<Connection, Failure> {
        let stream = connect(&self.event_loop, &self.address).await.map_err(Failure::Connect)?;
        let line = Rc::new(Line {
            probe: stream.probe(),
            busy: RefCell::new(None),
            served: Cell::new(true),
            left: RefCell::new(None),
        });
        let mut builder = Builder::new();
        if self.many_headers.get() {
            builder.max_headers(MAX_HEADERS);
        }
        let (sender, connection) =
            builder.handshake::<Stream, Body>(stream).await.map_err(|error| classify(&error))?;
        self.event_loop.spawn(drive(connection, Rc::clone(&line), Rc::clone(&self.pool), permit));
        if !self.checked.replace(true) {
            let (pool, checked) = (Rc::clone(&self.pool), Rc::clone(&self.checked));
            let event_loop = Rc::clone(&self.event_loop);
            self.event_loop.spawn(async move {
                close_idle(&event_loop, &pool, IDLE_CHECK).await;
                checked.set(false);
            });
        }
        Ok(Connection { sender, line })
    }
}

/// Drives a connection until it ends, and puts it into the pool each time it is free.
async fn drive(
    mut connection: hyper::client::conn::http1::Connection<Stream, Body>,
    line: Rc<Line>,
    pool: Rc<Pool<Connection>>,
    permit: Permit<Connection>,
) {
    poll_fn(|cx| {
        // Its errors are told to the call that they concern.
        if connection.poll_without_shutdown(cx).is_ready() {
            return Poll::Ready(());
        }
        let free = line.busy.borrow_mut().take_if(|busy| busy.sender.is_ready());
        if let Some(Busy { sender, .. }) = free {
            pool.put(Connection { sender, line: Rc::clone(&line) });
        }
        Poll::Pending
    })
    .await;
    pool.retain(|idle| !Rc::ptr_eq(&idle.line, &line));
    let parts = connection.into_parts();
    if !parts.read_buf.is_empty() {
        line.left.replace(Some(Left { parts, permit }));
        return;
    }
    // The next may connect when this one is closed.
    drop(parts);
    drop(permit);
}

/// Closes connections that are idle from one look to the next, for as long as any are open.
async fn close_idle(event_loop: &EventLoop, pool: &Pool<Connection>, every: Duration) {
    while pool.open() > 0 {
        event_loop.sleep(every).await;
        pool.retain(|idle| idle.line.served.replace(false));
    }
}

impl Drop for EventLoopDispatch {
    fn drop(&mut self) {
        self.pool.close();
    }
}

impl Dispatch for EventLoopDispatch {
    async fn dispatch(&self, mut request: Request<Body>) -> Result<Response<Incoming>, DispatchError> {
        loop {
            let (reused, connection) = match self.pool.acquire(|idle| self.is_usable(idle)).await {
                Lease::Idle(connection) => (true, connection),
                Lease::Open(permit) => {
                    let opened = self.open(permit).await;
                    (false, opened.map_err(|failure| DispatchError { failure, stale: false })?)
                }
            };
            let method = request.method().clone();
            let line = Rc::clone(&connection.line);
            let mut error = match connection.send(request, self.event_loop.await_answer()).await {
                Ok(response) => return self.checked(response, &line),
                Err(error) => error,
            };
            if error.error().is_parse_too_large()
                && let Some(left) = line.left.take()
            {
                self.many_headers.set(true);
                let answer = reread(&self.event_loop, left, method).await;
                let answer =
                    answer.map_err(|error| DispatchError { failure: classify(&error), stale: false })?;
                return self.checked(answer, &line);
            }
            match error.take_message() {
                // Not a byte of it was written.
                Some(unsent) if reused => request = unsent,
                _ => {
                    let failure = classify(&error.into_error());
                    let stale = reused && matches!(failure, Failure::Lost { .. });
                    return Err(DispatchError { failure, stale });
                }
            }
        }
    }

    async fn sleep(&self, delay: Duration) {
        self.event_loop.sleep(delay).await;
    }

    fn spawn(&self, task: Task) {
        self.event_loop.spawn(task);
    }
}

mod reread;

#[cfg(test)]
mod tests;
