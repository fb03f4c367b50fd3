//! The lane of the I/O thread: hyper-util's client on tokio, steered from the JavaScript thread by messages.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::{Notify, Semaphore, mpsc};

use super::answer_head;
use super::body::Body;
use super::call::Call;
use super::connector::{Answered, Connector, innermost_io};
use super::dispatch::{Dispatch, DispatchError, Task};
use super::endpoint::Endpoint;
use super::engine::Engine;
use super::event::{Event, Sink};
use super::exchange::classify;
use super::failure::Failure;
use super::{MAX_HEADERS, Transport};
use crate::io_thread::IoThread;

/// A connection that was idle for this long is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Calls over connections that live on the I/O thread. Dropping it drops the calls in flight.
pub struct IoThreadTransport {
    commands: mpsc::UnboundedSender<Command>,
    /// Keeps the thread running.
    _thread: Arc<IoThread>,
}

enum Command {
    Start(Box<Call>),
    Cancel(u32),
    Consumed(u32, usize),
    Upload(u32, Option<Bytes>),
}

impl IoThreadTransport {
    /// Prepares a pool of at most `max_connections` connections to `endpoint`; nothing is connected yet.
    ///
    /// `announce` is called after one or more events were delivered to `sink`: once for all that the sockets that
    /// are ready together bring.
    ///
    /// # Errors
    /// The system error when the I/O thread cannot be started.
    pub fn new<S: Sink + Clone + Send>(
        endpoint: &Endpoint,
        max_connections: usize,
        sink: S,
        announce: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let connector = Connector::new(endpoint, max_connections)?;
        let thread = IoThread::acquire()?;
        let (commands, mut incoming) = mpsc::unbounded_channel();
        thread.spawn(move || async move {
            let waiting = Rc::<Waiting>::default();
            let sink = Gathering { sink, waiting: Rc::clone(&waiting) };
            let engine = Engine::new(PooledDispatch::new(connector, max_connections), sink);
            let commands = async {
                while let Some(command) = incoming.recv().await {
                    match command {
                        Command::Start(call) => engine.start(*call),
                        Command::Cancel(id) => engine.cancel(id),
                        Command::Consumed(id, bytes) => engine.consumed(id, bytes),
                        Command::Upload(id, chunk) => engine.upload(id, chunk),
                    }
                }
            };
            tokio::select! {
                () = commands => {}
                () = announce_all(&waiting, announce) => {}
            }
        });
        Ok(Self { commands, _thread: thread })
    }

    fn send(&self, command: Command) {
        // The receiver ends only with its thread, which this handle keeps running.
        let _ = self.commands.send(command);
    }
}

impl Transport for IoThreadTransport {
    fn start(&self, call: Call) {
        self.send(Command::Start(Box::new(call)));
    }

    fn cancel(&self, id: u32) {
        self.send(Command::Cancel(id));
    }

    fn consumed(&self, id: u32, bytes: usize) {
        self.send(Command::Consumed(id, bytes));
    }

    fn upload(&self, id: u32, chunk: Option<Bytes>) {
        self.send(Command::Upload(id, chunk));
    }
}

/// A sink whose events are announced together.
#[derive(Clone)]
struct Gathering<S> {
    sink: S,
    waiting: Rc<Waiting>,
}

/// Whether events wait to be announced.
#[derive(Default)]
struct Waiting {
    any: Cell<bool>,
    first: Notify,
}

impl<S: Sink> Sink for Gathering<S> {
    fn deliver(&self, event: Event) {
        self.sink.deliver(event);
        if !self.waiting.any.replace(true) {
            self.waiting.first.notify_one();
        }
    }
}

/// Announces what waits after the sockets were looked at once more: each announcement wakes another thread.
async fn announce_all(waiting: &Waiting, announce: impl Fn()) {
    loop {
        waiting.first.notified().await;
        tokio::task::yield_now().await;
        waiting.any.set(false);
        announce();
    }
}

struct PooledDispatch {
    client: Client<Connector, Body>,
    /// As many calls at a time as connections, so that none waits for a connection that cannot come.
    turns: Semaphore,
}

impl PooledDispatch {
    fn new(connector: Connector, max_connections: usize) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(max_connections)
            .pool_timer(TokioTimer::new())
            .http1_max_headers(MAX_HEADERS)
            .set_host(false)
            .build(connector);
        Self { client, turns: Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)) }
    }
}

fn failed(error: &hyper_util::client::legacy::Error) -> DispatchError {
    use std::error::Error as _;

    let failure = if error.is_connect() {
        Failure::Connect(innermost_io(error))
    } else {
        match error.source().and_then(|source| source.downcast_ref::<hyper::Error>()) {
            Some(source) => classify(source),
            None => Failure::Internal(error.to_string()),
        }
    };
    let reused = error.connect_info().is_some_and(|connected| {
        let mut extras = http::Extensions::new();
        connected.get_extras(&mut extras);
        extras.get::<Answered>().is_some_and(Answered::get)
    });
    DispatchError { stale: reused && matches!(failure, Failure::Lost { .. }), failure }
}

impl Dispatch for PooledDispatch {
    async fn dispatch(&self, mut request: Request<Body>) -> Result<Response<Incoming>, DispatchError> {
        // The pool needs a full URI, the same for all; what goes out is its path alone.
        let mut uri = std::mem::take(request.uri_mut()).into_parts();
        uri.scheme = Some(http::uri::Scheme::HTTP);
        uri.authority = Some(http::uri::Authority::from_static("localhost"));
        *request.uri_mut() = Uri::from_parts(uri).unwrap_or_default();

        let turn = self.turns.acquire().await;
        let answered = self.client.request(request).await;
        drop(turn);
        match answered {
            Ok(response) => {
                let answered = response.extensions().get::<Answered>();
                let checked = answer_head::check(&response);
                if let Some(answered) = answered {
                    answered.set();
                    if !matches!(checked, Ok(true)) {
                        answered.end();
                    }
                }
                checked.map(|_| response).map_err(|failure| DispatchError { failure, stale: false })
            }
            Err(error) => Err(failed(&error)),
        }
    }

    async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }

    fn spawn(&self, task: Task) {
        tokio::task::spawn_local(task);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Count(Cell<usize>);

    impl Sink for Rc<Count> {
        fn deliver(&self, _: Event) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[tokio::test]
    async fn events_of_one_look_at_the_sockets_are_announced_together() {
        let waiting = Rc::<Waiting>::default();
        let delivered = Rc::new(Count(Cell::new(0)));
        let sink = Gathering { sink: Rc::clone(&delivered), waiting: Rc::clone(&waiting) };
        let announced = RefCell::new(Vec::new());
        let delivering = async {
            for round in 1..=2 {
                for id in 0..3 {
                    sink.deliver(Event::End { id });
                }
                while announced.borrow().len() < round {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::select! {
            () = announce_all(&waiting, || announced.borrow_mut().push(delivered.0.get())) => unreachable!(),
            () = delivering => {}
        }
        assert_eq!(*announced.borrow(), [3, 6]);
    }
}
