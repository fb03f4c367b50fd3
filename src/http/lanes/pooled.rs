//! hyper's connections to one server, kept between calls, over the sockets of any lane.

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

/// Idle connections that are looked at together.
const LOOKS: usize = 64;
/// A connection is closed so long before its server would close it.
const MARGIN: Duration = Duration::from_secs(1);

/// What a lane brings: sockets to one server, a clock and tasks.
pub trait Network: 'static {
    /// A connected socket.
    type Stream: Socket;
    /// What tells of a socket that hyper owns.
    type Probe: 'static;
    /// What lasts for as long as an answer is awaited.
    type Awaited: 'static;

    /// Connects to the server.
    fn connect(&self) -> impl Future<Output = io::Result<Self::Stream>>;
    /// A probe of a socket.
    fn probe(&self, stream: &Self::Stream) -> Self::Probe;
    /// Whether the socket was found open and with nothing to read so shortly ago that this still holds.
    fn was_quiet(&self, probe: &Self::Probe) -> bool;
    /// Looks at a socket and others that are likely used next. Gives whether the first is open and has nothing to read.
    fn look<'a>(&self, first: &'a Self::Probe, next: impl Iterator<Item = &'a Self::Probe>) -> bool;
    /// A request is written to this socket.
    fn await_answer(&self, probe: &Self::Probe) -> Self::Awaited;
    /// Resolves after the delay.
    fn sleep(&self, delay: Duration) -> impl Future<Output = ()>;
    /// Runs a task; a panic in it must not reach the others.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);
}

/// A socket that hyper can use, and that says what went over it.
pub trait Socket: hyper::rt::Read + hyper::rt::Write + Unpin + 'static {
    /// What was moved.
    fn traffic(&self) -> &Rc<Traffic>;
}

/// Calls over connections of a pool. Dropping it closes those that are idle.
pub struct PooledDispatch<N: Network> {
    network: Rc<N>,
    pool: Rc<Pool<Connection<N>>>,
    keep_alive: Option<KeepAlive>,
    /// The task that closes idle connections, which ends when none are open.
    sweep: RefCell<AbortHandle>,
}

/// How long connections are idle.
#[derive(Clone, Copy)]
struct KeepAlive {
    steps: Steps,
    limit: Duration,
}

/// A connection that serves nobody.
struct Connection<N: Network> {
    sender: SendRequest<Body>,
    line: Rc<Line<N>>,
}

/// What a connection's user and the task that drives it share.
struct Line<N: Network> {
    probe: N::Probe,
    traffic: Rc<Traffic>,
    /// While a request is under way: whoever drives the connection sees when it is over.
    busy: RefCell<Option<Busy<N>>>,
    /// Whether it has answered.
    served: Cell<bool>,
    /// Steps for which it is idle.
    idle: Cell<u32>,
    /// Steps for which it may be idle, once its first answer has said so.
    most_idle: OnceCell<u32>,
}

struct Busy<N: Network> {
    sender: SendRequest<Body>,
    _awaited: N::Awaited,
}

impl<N: Network> PooledDispatch<N> {
    /// A pool without connections.
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

    /// Bytes or an end that nobody asked for make a connection useless, and its task may not have seen them yet. What one
    /// call looks at, the next in the same moment need not look at again.
    fn is_usable(&self, connection: &Connection<N>) -> bool {
        let probe = &connection.line.probe;
        !connection.sender.is_closed()
            && (self.network.was_quiet(probe)
                || self.pool.next(LOOKS - 1, |idle| {
                    self.network.look(probe, idle.iter().map(|idle| &idle.line.probe))
                }))
    }

    async fn open(&self, permit: Permit<Connection<N>>) -> Result<Connection<N>, Error> {
        let stream = self.network.connect().await.map_err(Error::Connect)?;
        let line = Rc::new(Line {
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
        self.network.spawn(drive(connection, Rc::clone(&line), Rc::clone(&self.pool), permit));
        if self.sweep.borrow().is_aborted() {
            self.sweep_idle();
        }
        Ok(Connection { sender, line })
    }

    /// Closes connections that are idle for too long, as long as any are open.
    fn sweep_idle(&self) {
        let Some(KeepAlive { steps, limit }) = self.keep_alive else { return };
        let most = steps.within(limit);
        let (sweep, registration) = AbortHandle::new_pair();
        self.sweep.replace(sweep.clone());
        let (network, pool) = (Rc::clone(&self.network), Rc::clone(&self.pool));
        let task = async move {
            while pool.open() > 0 {
                network.sleep(steps.every).await;
                pool.retain(|Connection { line, .. }| {
                    line.idle.set(line.idle.get() + 1);
                    line.idle.get() < *line.most_idle.get().unwrap_or(&most)
                });
            }
            sweep.abort();
        };
        self.network.spawn(Abortable::new(task, registration).map(drop));
    }

    /// Takes note of what a connection's first answer says about how long it may be idle.
    fn note_hint(&self, line: &Line<N>, headers: &HeaderMap) {
        if line.served.replace(true) {
            return;
        }
        if let (Some(hint), Some(KeepAlive { steps, limit })) = (keep_alive_hint(headers), self.keep_alive) {
            let _ = line.most_idle.set(steps.within(hint.saturating_sub(MARGIN).min(limit)));
        }
    }

    /// An answer whose head agrees with itself. The connection of any other is not used again.
    fn checked(
        &self,
        response: Response<Incoming>,
        line: &Rc<Line<N>>,
        reused: bool,
    ) -> Result<Response<Incoming>, Unanswered> {
        let checked = answer_head::check(&response);
        if !matches!(checked, Ok(true)) {
            line.busy.take();
            self.pool.retain(|idle| !Rc::ptr_eq(&idle.line, line));
        }
        checked.map(|_| response).map_err(|error| Unanswered { error, reached: Reached::Answer, reused })
    }

    async fn connection(&self, anew: bool, progress: &Progress) -> Result<(bool, Connection<N>), Unanswered> {
        progress.rests();
        let lease = if anew {
            Lease::Open(self.pool.acquire_new().await)
        } else {
            self.pool.acquire(|idle| self.is_usable(idle)).await
        };
        match lease {
            Lease::Idle(connection) => Ok((true, connection)),
            Lease::Open(permit) => {
                progress.connects();
                match self.open(permit).await {
                    Ok(connection) => Ok((false, connection)),
                    Err(error) => Err(Unanswered { error, reached: Reached::Nothing, reused: false }),
                }
            }
        }
    }
}

/// For how long the server keeps an idle connection, as `Keep-Alive: timeout=5` says.
fn keep_alive_hint(headers: &HeaderMap) -> Option<Duration> {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    let parameters = headers.get(KEEP_ALIVE)?.to_str().ok()?;
    let seconds = parameters.split(',').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("timeout").then(|| value.trim().parse().ok())?
    })?;
    Some(Duration::from_secs(seconds))
}

/// Drives a connection until it ends, and puts it into the pool each time it is free.
async fn drive<N: Network>(
    mut connection: http1::Connection<Draining<N::Stream>, Body>,
    line: Rc<Line<N>>,
    pool: Rc<Pool<Connection<N>>>,
    permit: Permit<Connection<N>>,
) {
    poll_fn(|cx| {
        // Its errors are told to the call that they concern.
        if connection.poll_without_shutdown(cx).is_ready() {
            return Poll::Ready(());
        }
        let free = line.busy.borrow_mut().take_if(|busy| busy.sender.is_ready());
        if let Some(Busy { sender, .. }) = free {
            line.idle.set(0);
            pool.put(Connection { sender, line: Rc::clone(&line) });
        }
        Poll::Pending
    })
    .await;
    pool.retain(|idle| !Rc::ptr_eq(&idle.line, &line));
    // The next may connect when this one is closed.
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
        anew: bool,
        progress: &Progress,
    ) -> Result<Response<Incoming>, Unanswered> {
        loop {
            let (reused, Connection { mut sender, line }) = self.connection(anew, progress).await?;
            let traffic = &line.traffic;
            let (read, written) = (traffic.read(), traffic.written());
            progress.sends(traffic);
            // The connection goes back to its pool on its own.
            let answer = sender.try_send_request(request);
            let awaited = self.network.await_answer(&line.probe);
            line.busy.replace(Some(Busy { sender, _awaited: awaited }));
            let mut error = match answer.await {
                Ok(response) => {
                    self.note_hint(&line, response.headers());
                    return self.checked(response, &line, reused);
                }
                Err(error) => error,
            };
            match error.take_message() {
                // Not a byte of it was written, and its connection had ended before.
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
