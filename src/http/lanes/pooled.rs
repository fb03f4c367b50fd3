//! A pool of hyper's connections to one server, over the sockets of either lane.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, FutureExt as _};
use http::header::HeaderName;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Builder, SendRequest};

use super::draining::Draining;
use crate::http::MAX_HEADERS;
use crate::http::answer_head;
use crate::http::body::Body;
use crate::http::classify::classify;
use crate::http::dispatch::{Dispatch, Task, Unanswered};
use crate::http::error::Error;
use crate::http::limits::{Limits, Steps};
use crate::http::progress::Progress;
use crate::http::retry::Reached;
use crate::runtime::pool::{Lease, Permit, Pool};
use crate::runtime::traffic::Traffic;

/// The most idle connections that are checked together.
const CHECKED_TOGETHER: usize = 64;
/// How long before the server would close an idle connection it is closed.
const MARGIN: Duration = Duration::from_secs(1);

/// The parts of a lane: sockets to one server, timers and tasks.
pub trait Network: 'static {
    /// A connected socket.
    type Stream: Socket;
    /// Checks a socket that hyper owns.
    type Probe: 'static;
    /// A guard that is kept while an answer is awaited.
    type Awaited: 'static;

    /// Connects to the server.
    fn connect(&self) -> impl Future<Output = io::Result<Self::Stream>>;
    /// Makes a probe of a socket.
    fn probe(&self, stream: &Self::Stream) -> Self::Probe;
    /// Whether a liveness check that is still valid found the socket open with nothing to read.
    fn was_live(&self, probe: &Self::Probe) -> bool;
    /// Checks a socket, together with others that are likely used next. Returns whether the first is open with nothing to
    /// read.
    fn check_liveness<'a>(&self, first: &'a Self::Probe, next: impl Iterator<Item = &'a Self::Probe>)
    -> bool;
    /// Called when a request is written to a socket.
    fn await_answer(&self, probe: &Self::Probe) -> Self::Awaited;
    /// Waits for `delay`.
    fn sleep(&self, delay: Duration) -> impl Future<Output = ()>;
    /// Runs a task. A panic in it must not affect others.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);
}

/// A socket that hyper can use, and that counts the bytes it moves.
pub trait Socket: hyper::rt::Read + hyper::rt::Write + Unpin + 'static {
    /// The bytes moved so far.
    fn traffic(&self) -> &Rc<Traffic>;
}

/// Sends requests over connections of a pool. Dropping it closes the idle ones.
pub struct PooledDispatch<N: Network> {
    network: Rc<N>,
    pool: Rc<Pool<Connection<N>>>,
    keep_alive: Option<KeepAlive>,
    /// The task that closes idle connections. It runs while connections are open.
    sweep: RefCell<AbortHandle>,
}

/// How long connections may be idle.
#[derive(Clone, Copy)]
struct KeepAlive {
    steps: Steps,
    limit: Duration,
}

/// A connection that is not in use.
struct Connection<N: Network> {
    sender: SendRequest<Body>,
    state: Rc<State<N>>,
}

/// The state that a connection's user and the task that drives it share.
struct State<N: Network> {
    probe: N::Probe,
    traffic: Rc<Traffic>,
    /// Set while the connection is in use. The task that drives it sees when that ends.
    busy: RefCell<Option<Busy<N>>>,
    /// Whether an answer was received.
    served: Cell<bool>,
    /// The number of steps for which it has been idle.
    idle: Cell<u32>,
    /// The number of steps for which it may be idle, if its first answer says so.
    most_idle: OnceCell<u32>,
}

struct Busy<N: Network> {
    sender: SendRequest<Body>,
    _awaited: N::Awaited,
}

impl<N: Network> PooledDispatch<N> {
    /// Makes an empty pool.
    pub fn new(network: N, limits: &Limits) -> Self {
        let (sweep, _) = AbortHandle::new_pair();
        sweep.abort();
        Self {
            network: Rc::new(network),
            pool: Pool::new(limits.max_connections),
            keep_alive: limits.keep_alive.map(|limit| KeepAlive { steps: Steps::for_limit(limit), limit }),
            sweep: RefCell::new(sweep),
        }
    }

    /// Connections that are open or being opened.
    #[cfg(test)]
    pub(super) fn open_connections(&self) -> usize {
        self.pool.open()
    }

    /// Whether an idle connection is still open with nothing to read. Its task may not have seen an end or unexpected bytes
    /// yet, so its socket is checked, together with others, unless that was just done.
    fn is_usable(&self, connection: &Connection<N>) -> bool {
        let probe = &connection.state.probe;
        !connection.sender.is_closed()
            && (self.network.was_live(probe)
                || self.pool.next(CHECKED_TOGETHER - 1, |idle| {
                    self.network.check_liveness(probe, idle.iter().map(|idle| &idle.state.probe))
                }))
    }

    async fn open(&self, permit: Permit<Connection<N>>) -> Result<Connection<N>, Error> {
        let stream = self.network.connect().await.map_err(Error::Connect)?;
        let state = Rc::new(State {
            probe: self.network.probe(&stream),
            traffic: Rc::clone(stream.traffic()),
            busy: RefCell::new(None),
            served: Cell::new(false),
            idle: Cell::new(0),
            most_idle: OnceCell::new(),
        });
        let (sender, connection) = Builder::new()
            .max_headers(MAX_HEADERS)
            .handshake::<_, Body>(Draining::new(stream))
            .await
            .map_err(|error| classify(&error))?;
        self.network.spawn(drive(connection, Rc::clone(&state), Rc::clone(&self.pool), permit));
        if self.sweep.borrow().is_aborted() {
            self.sweep_idle();
        }
        Ok(Connection { sender, state })
    }

    /// Starts the task that closes connections which are idle for too long.
    fn sweep_idle(&self) {
        let Some(KeepAlive { steps, limit }) = self.keep_alive else { return };
        let most = steps.within(limit);
        let (sweep, registration) = AbortHandle::new_pair();
        self.sweep.replace(sweep.clone());
        let (network, pool) = (Rc::clone(&self.network), Rc::clone(&self.pool));
        let task = async move {
            while pool.open() > 0 {
                network.sleep(steps.every).await;
                pool.retain(|Connection { state, .. }| {
                    state.idle.set(state.idle.get() + 1);
                    state.idle.get() < *state.most_idle.get().unwrap_or(&most)
                });
            }
            sweep.abort();
        };
        self.network.spawn(Abortable::new(task, registration).map(drop));
    }

    /// Records how long a connection may be idle, if its first answer says so.
    fn note_hint(&self, state: &State<N>, headers: &HeaderMap) {
        if state.served.replace(true) {
            return;
        }
        if let (Some(hint), Some(KeepAlive { steps, limit })) = (keep_alive_hint(headers), self.keep_alive) {
            let _ = state.most_idle.set(steps.within(hint.saturating_sub(MARGIN).min(limit)));
        }
    }

    /// Checks the head of an answer. If it is invalid, or a body may follow that should not, the connection is not used again.
    fn checked(
        &self,
        response: Response<Incoming>,
        state: &Rc<State<N>>,
        reused: bool,
    ) -> Result<Response<Incoming>, Unanswered> {
        let checked = answer_head::check(&response);
        if !matches!(checked, Ok(true)) {
            state.busy.take();
            self.pool.retain(|idle| !Rc::ptr_eq(&idle.state, state));
        }
        checked.map(|_| response).map_err(|error| Unanswered { error, reached: Reached::Answer, reused })
    }

    async fn connection(
        &self,
        fresh: bool,
        progress: &Progress,
    ) -> Result<(bool, Connection<N>), Unanswered> {
        progress.set_waiting();
        let lease = if fresh {
            Lease::Open(self.pool.acquire_new().await)
        } else {
            self.pool.acquire(|idle| self.is_usable(idle)).await
        };
        match lease {
            Lease::Idle(connection) => Ok((true, connection)),
            Lease::Open(permit) => {
                progress.set_connecting();
                match self.open(permit).await {
                    Ok(connection) => Ok((false, connection)),
                    Err(error) => Err(Unanswered { error, reached: Reached::Nothing, reused: false }),
                }
            }
        }
    }
}

/// How long the server keeps an idle connection, if it says so, as in `Keep-Alive: timeout=5`.
fn keep_alive_hint(headers: &HeaderMap) -> Option<Duration> {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    let parameters = headers.get(KEEP_ALIVE)?.to_str().ok()?;
    let seconds = parameters.split(',').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("timeout").then(|| value.trim().parse().ok())?
    })?;
    Some(Duration::from_secs(seconds))
}

/// Drives a connection until it ends. Returns it to the pool after each use.
async fn drive<N: Network>(
    mut connection: http1::Connection<Draining<N::Stream>, Body>,
    state: Rc<State<N>>,
    pool: Rc<Pool<Connection<N>>>,
    permit: Permit<Connection<N>>,
) {
    poll_fn(|cx| {
        // The call that an error concerns gets it as well.
        if connection.poll_without_shutdown(cx).is_ready() {
            return Poll::Ready(());
        }
        let free = state.busy.borrow_mut().take_if(|busy| busy.sender.is_ready());
        if let Some(Busy { sender, .. }) = free {
            state.idle.set(0);
            pool.put(Connection { sender, state: Rc::clone(&state) });
        }
        Poll::Pending
    })
    .await;
    pool.retain(|idle| !Rc::ptr_eq(&idle.state, &state));
    // Close this connection before another may be opened.
    drop(connection);
    drop(permit);
}

impl<N: Network> Drop for PooledDispatch<N> {
    fn drop(&mut self) {
        self.sweep.get_mut().abort();
        self.pool.close();
    }
}

impl<N: Network> Dispatch for PooledDispatch<N> {
    async fn dispatch(
        &self,
        mut request: Request<Body>,
        fresh: bool,
        progress: &Progress,
    ) -> Result<Response<Incoming>, Unanswered> {
        loop {
            let (reused, Connection { mut sender, state }) = self.connection(fresh, progress).await?;
            let traffic = &state.traffic;
            let (read, written) = (traffic.read(), traffic.written());
            progress.set_sent(traffic);
            // `drive` returns the connection to the pool.
            let answer = sender.try_send_request(request);
            let awaited = self.network.await_answer(&state.probe);
            state.busy.replace(Some(Busy { sender, _awaited: awaited }));
            let mut error = match answer.await {
                Ok(response) => {
                    self.note_hint(&state, response.headers());
                    return self.checked(response, &state, reused);
                }
                Err(error) => error,
            };
            match error.take_message() {
                // None of the request was written, because the connection had ended before.
                Some(unsent) if reused => request = unsent,
                _ => {
                    let error = classify(&error.into_error());
                    let reached = match (traffic.read() > read, traffic.written() > written) {
                        (true, _) => Reached::Answer,
                        (false, true) => Reached::Server,
                        (false, false) => Reached::Nothing,
                    };
                    return Err(Unanswered { error, reached, reused });
                }
            }
        }
    }

    async fn sleep(&self, delay: Duration) {
        self.network.sleep(delay).await;
    }

    fn spawn(&self, task: Task) {
        self.network.spawn(task);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_server_says_how_long_it_keeps_connections() {
        for (text, seconds) in [
            ("timeout=5", Some(5)),
            ("max=3, Timeout = 15", Some(15)),
            ("timeout=soon", None),
            ("max=3", None),
            ("", None),
        ] {
            let name = HeaderName::from_static("keep-alive");
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(text))]);
            assert_eq!(keep_alive_hint(&headers), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
